// Text from elsewhere, made safe to print.

import fc from 'fast-check'
import t from 'tap'
import { clean, cleanLine, cleanMiddle, columnsOf, jsonText } from '../../src/text/clean.js'

t.test('terminal escapes and control characters go, the words stay', async t => {
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b[2J\u001b[1;1Hhome', 'home'],
    ['\u001b]0;title\u0007after', 'after'],
    ['\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001bP1$r\u001b\\dcs', 'dcs'],
    ['\u001b]52;c;never ended', ''],
    ['two\nlines\r\nand\ttab', 'two lines and tab'],
    ['a\u0008\u0008b\u0000c\u007f', 'abc'],
    ['\u202egnp.exe\u202c', 'gnp.exe'],
    ['zero\u200bwidth\u2060', 'zerowidth'],
    ['line\u2028separator', 'line separator'],
    ['\ud800lone', 'lone'],
    ['  edge  ', 'edge'],
    ['Zoë Müller 李', 'Zoë Müller 李'],
  ]
  for (const [given, wanted] of cases) t.equal(clean(given), wanted)
})

t.test('a long text is cut to its columns, at the end or in the middle', async t => {
  t.equal(clean('abcdefghij', 5), 'abcd…')
  t.equal(cleanMiddle('abcdefghij', 5), 'ab…ij')
  t.equal(clean('李李李李', 5), '李李…')
  t.equal(columnsOf('a李'), 3)
})

t.test('whatever comes in, what comes out is one printable line that fits', async t => {
  const text = fc.string({ unit: 'binary', maxLength: 300 })
  const width = fc.integer({ min: 1, max: 90 })
  fc.assert(
    fc.property(text, width, (given, widest) => {
      for (const line of [clean(given, widest), cleanMiddle(given, widest)]) {
        if (/\p{C}|\p{Zl}|\p{Zp}/u.test(line) || columnsOf(line) > widest) return false
      }
      return true
    }),
  )
  t.pass()
})

t.test('a huge text of openings costs nothing', async t => {
  t.equal(clean('\u001b]'.repeat(1_000_000)), '')
})

t.test('a token that was pasted in the wrong place is not repeated', async t => {
  for (const token of ['sk-ant-oat01-abc_DEF-123', 'hvs.CAESIabc', 'hvb.abc'])
    t.equal(clean(`not ${token} here`), 'not (a token) here')
})

t.test('what a kind of token begins with is a word that hints may use', async t => {
  for (const words of [
    'those begin with sk-ant-oat01-',
    'sk-ant-ort01- or sk-ant-oat01-, not else',
  ])
    t.equal(clean(words), words)
  t.equal(clean('sk-ant-oat01-x'), '(a token)')
})

t.test('a line that is shown as it is keeps its blanks and loses what steers', async t => {
  t.equal(cleanLine('+\t  "a":  1  '), '+\t  "a":  1  ')
  t.equal(cleanLine('- \u001b[31mé\u202e\u009b2J\u2028 \u{e0041}x\r'), '- é2J  x')
  const long = `${'\u001b]0;'.repeat(200_000)}end`
  t.notMatch(cleanLine(long), /\p{C}/u)
})

const hostile: Record<string, string> = {
  'C0 controls': '\u0000\u0007\u001b[31m\u007f',
  'C1 controls': '\u0080\u009b31m\u009d0;title\u009c\u009f',
  'direction marks': '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c',
  'invisible characters': '\u00ad\u200b\u200c\u200d\u2060\u2064\ufeff\u3164\u180e\ufff9',
  'line separators': '\u2028\u2029\u0085',
  'lone surrogates': '\ud800 \udc00',
  'tags and variation selectors': '\u{e0001}\u{e0041}\u{e007f}\ufe0f\u{e0100}',
  'private and unassigned ones': '\ue000\u{10ffff}\u0378',
}

for (const [name, text] of Object.entries(hostile))
  t.test(`${name} are escaped, in keys too`, async t => {
    const value = { [text]: text, list: [text, `é${text}漢🎉`] }
    const line = jsonText(value)
    t.notMatch(line, /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
    t.same(JSON.parse(line), value)
  })

t.test('what people read stays as it is', async t => {
  t.equal(jsonText({ name: 'Zoë 漢 🎉 "a\\b"' }), '{"name":"Zoë 漢 🎉 \\"a\\\\b\\""}')
})

t.test('any value comes back the same, and has no such character', async t => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), value => {
      const line = jsonText(value)
      t.ok(JSON.stringify(JSON.parse(line)) === JSON.stringify(value))
      t.notOk(/[\p{C}\p{Zl}\p{Zp}]/u.test(line))
    }),
  )
})
