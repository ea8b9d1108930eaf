// The intent in a shared document: read as it was written, and nothing read into what is none.

import t from 'tap'
import { type Intent, intentOf } from '../../src/store/intent.js'

const intent: Intent = { id: 'x', by: 'alice@box', parent: 'ab'.repeat(32), ended: null }

t.test('an intent is read as it was written', async t => {
  for (const ended of [null, 'refused', 'maybe-spent'] as const)
    t.same(intentOf(JSON.parse(JSON.stringify({ ...intent, ended }))), { ...intent, ended })
})

t.test('an outcome that we do not know is none yet', async t => {
  t.same(intentOf({ ...intent, ended: 'rotated' }), intent)
})

t.test('what names no token is no intent', async t => {
  for (const odd of [
    null,
    'x',
    {},
    { id: 'x' },
    { ...intent, parent: 'short' },
    { ...intent, id: 5 },
  ])
    t.equal(intentOf(odd), null)
})
