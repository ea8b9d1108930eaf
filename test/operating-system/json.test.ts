// JSON that others wrote: what is too deep to be written again is not taken.

import t from 'tap'
import { parseObject } from '../../src/login/login-text.js'
import { isTooDeep, jsonObject, tolerantJson } from '../../src/system/json.js'

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

t.test('a comment or a broken string hides no depth', async t => {
  const deep = '['.repeat(600)
  for (const before of ['// don"t\n', '// "\r', '/* " */', '"never closed\n', '"\\"\r'])
    t.ok(isTooDeep(`${before}${deep}`), JSON.stringify(before))
  t.notOk(isTooDeep(`// ${deep}\n/* ${deep} */ {"/*": ["//"]}`))
})

t.test('JSON with comments is bounded alike', async t => {
  t.equal(await tolerantJson(`{"a": ${'['.repeat(200_000)}`), undefined)
  t.equal(await tolerantJson(`// don"t\n{"a": ${'{"a":'.repeat(200_000)}`), undefined)
  t.same(await tolerantJson('{"a": [1, /* two */], }'), { a: [1] })
})

const large = 1024 * 1024
const slow: Record<string, string> = {
  'opening brackets': '['.repeat(large),
  'brackets side by side': `[${'[],'.repeat(large / 3)}0]`,
  quotes: '"'.repeat(large),
  backslashes: `"${'\\'.repeat(large)}`,
  'one long text': `{"a":"${'x'.repeat(large)}"}`,
  keys: `{${Array.from({ length: large / 16 }, (_, at) => `"key${at}":${at}`).join(',')}}`,
  'the same key': `{${'"a":1,'.repeat(large / 6)}"a":2}`,
  slashes: '/'.repeat(large),
  'comments that begin': '/*'.repeat(large / 2),
  'comments that end': '/**/'.repeat(large / 4),
  blanks: ' '.repeat(large),
  garbage: '}:,'.repeat(large / 3),
  digits: '9'.repeat(large),
  zeros: '\0'.repeat(large),
}

for (const [name, text] of Object.entries(slow))
  t.test(`1 MiB of ${name} takes a moment`, async t => {
    const startMs = performance.now()
    jsonObject(text)
    await tolerantJson(text)
    parseObject(Buffer.from(text))
    t.ok(performance.now() - startMs < 5_000)
  })
