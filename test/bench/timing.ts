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

/** Every contestant `rounds` times, after some rounds that do not count. */
export async function inTurn(contestants: Contestant[], rounds: number): Promise<Timed[]> {
  const times = contestants.map(() => [] as number[])
  const warmUp = Math.max(2, Math.round(rounds / 20))
  for (let round = -warmUp; round < rounds; round++) {
    for (const [index, { prepare, once }] of contestants.entries()) {
      await prepare?.()
      const ms = await once()
      if (round >= 0) times[index]?.push(ms)
    }
  }
  return contestants.map(({ name }, index) => {
    const sorted = [...(times[index] ?? [])].sort((a, b) => a - b)
    return { name, medianMs: at(sorted, 0.5), p95Ms: at(sorted, 0.95), runs: sorted.length }
  })
}

function at(sorted: number[], part: number): number {
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN
}

/** A table for people; ratios and differences are to the contestant named `base`. */
export function table(title: string, timed: Timed[], base: string): string {
  const ofBase = timed.find(({ name }) => name === base)?.medianMs ?? Number.NaN
  const rows = timed.map(({ name, medianMs, p95Ms }) => [
    name,
    medianMs.toFixed(2),
    p95Ms.toFixed(2),
    (medianMs / ofBase).toFixed(2),
    signed(medianMs - ofBase),
  ])
  const head = ['', 'median ms', 'p95 ms', 'times', 'difference ms']
  const runs = timed[0]?.runs ?? 0
  return `${title} (${runs} runs each, in turn; compared with: ${base})\n${columns([head, ...rows])}`
}

/** Rows with their first column to the left and the others to the right. */
export function columns(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map(row => (row[index] ?? '').length)),
  )
  return rows
    .map(row =>
      row
        .map((cell, index) =>
          index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0),
        )
        .join('  '),
    )
    .map(line => `  ${line}\n`)
    .join('')
}

function signed(ms: number): string {
  return `${ms < 0 ? '' : '+'}${ms.toFixed(2)}`
}
