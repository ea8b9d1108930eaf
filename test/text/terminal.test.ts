import t from 'tap'
import { inkFor, progress, progressCount, say, signsFor } from '../../src/text/terminal.js'

t.test('signs are those that the locale has', async t => {
  for (const env of [{}, { LANG: 'C' }, { LANG: 'POSIX' }, { LANG: 'en_US.UTF-8', LC_ALL: 'C' }]) {
    t.match(Object.values(signsFor(env)).join(''), /^[!-~]+$/)
    t.same((await inkFor(env, true)).signs, signsFor(env), 'with color')
    t.same((await inkFor(env, false)).signs, signsFor(env), 'without')
  }
  for (const env of [
    { LANG: 'C.UTF-8' },
    { LC_CTYPE: 'de_DE.utf8' },
    { LC_ALL: 'C.UTF-8', LANG: 'C' },
  ])
    t.equal(signsFor(env).good, '✓')
})

t.test('no control sequence on a terminal that has none, nor where no terminal is', async t => {
  const written: string[] = []
  const stream = (isTTY: boolean) => ({ isTTY, write: (text: string) => written.push(text) })
  const wait = async (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  for (const [isTTY, TERM] of [
    [true, 'dumb'],
    [false, 'xterm'],
  ] as const) {
    const over = progress('looking', stream(isTTY), { TERM })
    const count = progressCount(found => `${found} found`, stream(isTTY), { TERM })
    await wait(400)
    count.tick(3)
    count.end()
    over()
    t.same(written, [])
  }
  const over = progress('looking', stream(true), { TERM: 'xterm' })
  await wait(400)
  over()
  t.same(written, ['claude-auth: looking...', '\r\u001b[K'])
})

t.test('a line with our prefix steers no terminal, whatever it says', async t => {
  const words = say('a\u001b]52;c;aGk=\u0007b\u009b31m\u202e\u200bc\nd\re')
  t.match(words, /^claude-auth: ab.*de$/)
  t.notMatch(words, /[\p{C}\p{Default_Ignorable_Code_Point}]/u)
})
