// Timing whole processes in turn (A B C A B C …), so that a busy moment of the machine meets all of them alike.

/** One way to do it; `once` gives milliseconds. `prepare` is not timed. */
export interface Contestant {
  name: string
  prepare?: () => unknown
  once: () => number | Promise<number>
}

export interface Timed {
  name: string
  medianMs: number
  p95Ms: number
  runs: number
}

/** Every contestant `rounds` times, after some rounds that do not count; what was found, in the same order. */
export async function inTurn<const T extends readonly Contestant[]>(
  contestants: T,
  rounds: number,
): Promise<{ -readonly [K in keyof T]: Timed }> {
  const times = contestants.map(() => [] as number[])
  const warmUp = Math.max(1, Math.round(rounds / 20))
  for (let round = -warmUp; round < rounds; round++) {
    for (const [index, { prepare, once }] of contestants.entries()) {
      await prepare?.()
      const ms = await once()
      if (round >= 0) times[index]?.push(ms)
    }
  }
  return contestants.map(({ name }, index) => timed(name, times[index] ?? [])) as {
    -readonly [K in keyof T]: Timed
  }
}

/** Median (of an even number: the mean of the middle two) and 95th percentile (nearest rank). */
export function timed(name: string, times: number[]): Timed {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  const half = (sorted.length - 1) / 2
  return {
    name,
    medianMs: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    p95Ms: at(Math.ceil(sorted.length * 0.95) - 1),
    runs: sorted.length,
  }
}
