// What the shell reads, nearly right: the marks beside the login, and what the client says to a hook.

import t from 'tap'
import { type Shell, shells } from '../kit/wrapper-box.js'
import { figuresOf, isWhole } from './figures.js'
import { fuzz, kindMs } from './input/fuzz.js'
import { anyHook, hookWords } from './input/hook-words.js'
import { anyMarks, garbageInMarks, mutatedMark } from './input/marks.js'
import { shareOf, tell } from './input/targets.js'

t.setTimeout(7_200_000)
const figures = figuresOf(t, '9 Input, shell')
const some = isWhole ? (Object.keys(shells) as Shell[]) : (['dash'] as const)

figures.counted('minutes for each kind of input', (kindMs / 60_000).toFixed(isWhole ? 0 : 2))

for (const shell of some) {
  const limitMs = shareOf(2 * some.length)
  t.test(`marks, garbage, ${shell}`, async t => {
    const found = await fuzz(anyMarks, garbageInMarks(t, shell), { limitMs })
    tell(t, figures, `marks, garbage, ${shell}`, found)
  })
  t.test(`the mark with other bytes, ${shell}`, async t => {
    const { inputs, probe, first } = mutatedMark(t, shell)
    const found = await fuzz(inputs, probe, { first, limitMs })
    tell(t, figures, `the mark with other bytes, ${shell}`, found)
  })
}
for (const shell of some)
  t.test(`words of the client to a hook, ${shell}`, async t => {
    const found = await fuzz(anyHook, hookWords(t, shell), { limitMs: shareOf(some.length) })
    tell(t, figures, `words of the client to a hook, ${shell}`, found)
  })
