// The text of a login file: one member is replaced, and every byte around it stays.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { memberSpan, parseObject, spliceMember } from '../../src/login/login-text.js'

const key = 'claudeAiOauth'
const value = { accessToken: 'new', scopes: ['a'], expiresAt: 1 }

function replaced(bytes: Buffer, next: object | null = value): Buffer {
  return spliceMember(bytes, memberSpan(bytes, key), key, next)
}

// Siblings as strange as other tools leave them; Latin-1, so that a character is a byte.
const gap = fc.constantFrom(
  '',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\n    ',
  '/* { " */',
  '// },\n',
  ' \r\n\t',
)
const name = fc.constantFrom('mcpOAuth', 'a\\u0062', '', 'Ã¼', 'claude', '__proto__', '\\"', '\xff')
const odd = fc.constantFrom(
  '1e400',
  '0.10',
  '-0',
  '12345678901234567890',
  '"\xff\xfe"',
  '"\\ud800"',
  '{"claudeAiOauth":{"accessToken":"inner"}}',
  '{"a":1,"a":2}',
  '[ 1 ,\r\n 2 ]',
  '"/* no comment */"',
  'null',
)
const member = fc.tuple(name, gap, gap, odd).map(([k, g, h, v]) => `"${k}"${g}:${h}${v}`)
const ourKey = fc.constantFrom('"claudeAiOauth"', '"claude\\u0041iOauth"', '"\\u0063laudeAiOauth"')
const ourValue = fc.constantFrom(
  '{}',
  'null',
  '"x"',
  '{"a":{"b":[1]}}',
  '{\n  "a": 1\n}',
  '[]',
  '1e400',
)

/** What stands before and after the value, and the whole. */
const anyFile = fc
  .record({
    before: fc.array(fc.tuple(member, gap, gap), { maxLength: 3 }),
    after: fc.array(fc.tuple(gap, gap, member), { maxLength: 3 }),
    gaps: fc.tuple(gap, gap, gap, gap, gap, gap),
    ourKey,
    ourValue,
    trailing: fc.boolean(),
  })
  .map(({ before, after, gaps: [a, b, c, d, e, f], ourKey, ourValue, trailing }) => {
    const head = `${a}{${b}${before.map(([m, g, h]) => `${m}${g},${h}`).join('')}${ourKey}${c}:${d}`
    const tail = `${after.map(([g, h, m]) => `${g},${h}${m}`).join('')}${trailing ? ',' : ''}${e}}${f}`
    return { head, ourValue, tail }
  })

t.test('every byte before and after the value is kept, and the value is the new one', async t => {
  fc.assert(
    fc.property(anyFile, ({ head, ourValue, tail }) => {
      const next = replaced(Buffer.from(head + ourValue + tail, 'latin1')).toString('latin1')
      const middle = next.slice(head.length, next.length - tail.length)
      assert.equal(next.slice(0, head.length), head)
      assert.equal(next.slice(next.length - tail.length), tail)
      assert.deepEqual(JSON.parse(middle), value)
      assert.deepEqual(parseObject(Buffer.from(next, 'latin1'))?.[key], value)
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

t.test('a file without a login keeps all it has', async t => {
  fc.assert(
    fc.property(fc.array(fc.tuple(member, gap), { maxLength: 3 }), gap, (members, first) => {
      const inside = members.map(([m, g]) => m + g).join(',')
      const next = replaced(Buffer.from(`${first}{${inside}}`, 'latin1')).toString('latin1')
      assert.ok(next.startsWith(`${first}{`) && next.endsWith(`${inside}}`), next)
      assert.deepEqual(parseObject(Buffer.from(next, 'latin1'))?.[key], value)
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('of several logins the last counts, as for every JSON parser', async t => {
  const text = '{"claudeAiOauth":{"accessToken":"1"},"x":0,"claudeAiOauth":{"accessToken":"2"}}'
  t.match(parseObject(Buffer.from(text)), { claudeAiOauth: { accessToken: '2' } })
  const next = replaced(Buffer.from(text)).toString()
  t.match(
    next,
    /^\{"claudeAiOauth":\{"accessToken":"1"\},"x":0,"claudeAiOauth":\{"accessToken":"new"/,
  )
})

t.test('a value over several lines stays so, at its indentation', async t => {
  const text = '{\n\t"claudeAiOauth": {\n\t\t"a": 1\n\t}\n}\n'
  const next = replaced(Buffer.from(text), { b: [2] }).toString()
  t.equal(next, '{\n\t"claudeAiOauth": {\n\t\t"b": [\n\t\t\t2\n\t\t]\n\t}\n}\n')
})

t.test('a removed login takes only its own comma with it', async t => {
  const cases = [
    ['{"claudeAiOauth":{}}', '{}'],
    ['{"a":1,"claudeAiOauth":{}}', '{"a":1}'],
    ['{"claudeAiOauth":{},"a":1}', '{"a":1}'],
    ['{"a":1, "claudeAiOauth":{}, "b":2}', '{"a":1, "b":2}'],
    ['{"a":1}', '{"a":1}'],
  ] as const
  for (const [text, expected] of cases)
    t.equal(replaced(Buffer.from(text), null).toString(), expected, text)
})

t.test('what is no JSON object is none', async t => {
  const cases = [
    '',
    ' ',
    '[]',
    '"a"',
    'null',
    '1',
    '{',
    '{"a":1',
    '{"a":1}}',
    '{"a" 1}',
    '{a:1}',
    '\0',
    '{}{}',
  ]
  for (const text of cases) t.equal(parseObject(Buffer.from(text)), null, JSON.stringify(text))
})

t.test('comments and a comma too many are no obstacle', async t => {
  const text = '// mine\n{"a": 1e400, /* b */ "claudeAiOauth": {"accessToken": "x"},}\n'
  t.match(parseObject(Buffer.from(text)), { claudeAiOauth: { accessToken: 'x' } })
})
