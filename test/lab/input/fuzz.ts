// Running a probe on one arbitrary input after the other for a while; what it threw, and what took too long.

import fc from 'fast-check'
import { isWhole, scale } from '../figures.js'

/** Ten minutes for each kind of input in the laboratory; `LAB_FUZZ_MS` for one look in between. */
export const kindMs = Number(process.env['LAB_FUZZ_MS'] ?? scale(800, 600_000))
/** Coarse: an input that keeps us at work for so long is a hang; on a busy machine waiting is none. */
const hangMs = 10_000

export interface Fuzzed {
  runs: number
  /** What was wrong first, with the input that shows it. */
  failure: string | null
  hangs: number
}

/**
 * `probe` throws when something is wrong; `first` are inputs that were wrong once, tried before all others.
 * It ends after `limitMs`.
 */
export async function fuzz<T>(
  inputs: fc.Arbitrary<T>,
  probe: (input: T) => Promise<void> | void,
  { first = [], limitMs = kindMs }: { first?: readonly T[]; limitMs?: number } = {},
): Promise<Fuzzed> {
  let runs = 0
  let hangs = 0
  let atWork: Promise<void> = Promise.resolve()
  const property = fc.asyncProperty(inputs, async input => {
    runs += 1
    const [beganMs, used] = [performance.now(), process.cpuUsage()]
    atWork = Promise.resolve(probe(input))
    await atWork
    if (performance.now() - beganMs <= hangMs) return
    const { user, system } = process.cpuUsage(used)
    if ((user + system) / 1000 > hangMs / 2) hangs += 1
  })
  const found = await fc.check(property, {
    numRuns: 1_000_000_000,
    examples: first.map((each): [T] => [each]),
    ...(isWhole ? {} : { seed: 5 }),
    interruptAfterTimeLimit: limitMs,
    timeout: 3 * hangMs,
    endOnFailure: true,
  } as fc.Parameters<[T]>)
  // At the time limit one probe is still at work; on a busy machine it is the only one.
  const last = await atWork.then(
    () => null,
    (error: unknown) => `${String(error)} (seed ${found.seed})`,
  )
  const failure = found.counterexample
    ? `${String(found.errorInstance ?? '')} for ${shown(found.counterexample?.[0])} (seed ${found.seed})`
    : last
  return { runs, failure, hangs }
}

function shown(input: unknown): string {
  const text = Buffer.isBuffer(input)
    ? JSON.stringify(input.toString('latin1'))
    : fc.stringify(input)
  return text.length > 1500 ? `${text.slice(0, 1500)}…` : text
}
