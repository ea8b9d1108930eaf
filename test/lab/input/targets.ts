// Fuzzing a list of targets: the ways to probe one kind of input share its time in the laboratory.

import type { Test } from 'tap'
import type { engine } from '../../kit/engine.js'
import { type Figures, isWhole } from '../figures.js'
import { type Fuzzed, fuzz, kindMs } from './fuzz.js'
import { mutated } from './mutate.js'

export interface Target {
  samples: readonly (string | Buffer)[]
  /** Tried before all others. */
  first?: string
  probe: (t: Parameters<typeof engine>[0]) => Promise<(bytes: Buffer) => Promise<void> | void>
}

/** Targets by kind of input, and in each by the way it is probed. */
export type Kinds = Record<string, Record<string, Target>>

/** One test for each target; and that nothing went unhandled meanwhile. */
export function fuzzAll(t: Test, figures: Figures, kinds: Kinds): void {
  const unhandled = countUnhandled()
  for (const [kind, ways] of Object.entries(kinds))
    for (const [way, { samples, first, probe }] of Object.entries(ways)) {
      const name = way === '' ? kind : `${kind}, ${way}`
      t.test(name, async t => {
        const options = {
          first: first === undefined ? [] : [Buffer.from(first)],
          limitMs: shareOf(Object.keys(ways).length),
        }
        tell(t, figures, name, await fuzz(mutated(samples), await probe(t), options))
      })
    }
  t.test('nothing went unhandled', async () => {
    figures.counted('minutes for each kind of input', (kindMs / 60_000).toFixed(isWhole ? 0 : 2))
    figures.wanted('unhandled errors', unhandled(), 0)
  })
}

/** Of the time of one kind of input, where it is probed in so many ways. The short cut looks at each as long. */
export function shareOf(ways: number): number {
  return isWhole ? kindMs / ways : kindMs
}

export function tell(
  t: { comment(text: string): void },
  figures: Figures,
  name: string,
  { runs, failure, hangs }: Fuzzed,
): void {
  if (failure !== null) t.comment(failure)
  figures.counted(`inputs: ${name}`, runs)
  figures.wanted(`crashes and changed bytes of others: ${name}`, failure === null ? 0 : 1, 0)
  figures.wanted(`hangs: ${name}`, hangs, 0)
}

function countUnhandled(): () => number {
  let unhandled = 0
  for (const event of ['unhandledRejection', 'uncaughtException'] as const)
    process.on(event, () => {
      unhandled += 1
    })
  return () => unhandled
}
