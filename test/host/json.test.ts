// JSON that others wrote: what is too deep to be written again is not taken.

import t from 'tap'
import { isTooDeep, jsonObject } from '../../src/host/json.js'

const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

t.test('what nests deeper than can be written again is no object', async t => {
  t.ok(jsonObject(nested(400)))
  t.doesNotThrow(() => JSON.stringify(jsonObject(nested(499))))
  t.equal(jsonObject(nested(500)), null)
  t.equal(jsonObject(Buffer.from(nested(100_000))), null)
})

t.test('brackets side by side, or in a text, do not count', async t => {
  t.notOk(isTooDeep(`[${'[],'.repeat(5000)}{}]`))
  t.notOk(isTooDeep(JSON.stringify({ text: `\\"${'['.repeat(5000)}`, more: '"{' })))
  t.ok(isTooDeep(`["\\"",${'['.repeat(600)}`))
})
