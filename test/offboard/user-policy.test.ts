// The two texts of a user's policy: the cut one says what the other was.

import t from 'tap'
import { cutText, openText } from '../../src/offboard/user-policy.js'

t.test('the cut text of a policy turns back to exactly what it was', async t => {
  for (const text of ['path "a" {}', '# x\n\n  path "b" {\n}\n# end', '{"path": {}}'])
    t.equal(openText(cutText(text)), text)
  t.equal(openText('path "a" {}'), null)
})
