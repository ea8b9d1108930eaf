// Text from elsewhere can't move the cursor, hide, or break the line.

import fc from 'fast-check'
import t from 'tap'
import { clean, cleanLine, cleanMiddle, columnsOf } from '../../src/text/clean.js'

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
