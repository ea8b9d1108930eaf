// How long something is ago, or still to come, in the words of a store's failure.

const units = [
  ['day', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** `5 min`, `2 days`; rounded down. The sign is ignored. */
export function shortDuration(ms: number): string {
  const all = Math.abs(ms)
  const [unit, unitMs] = units.find(([, each]) => all >= each) ?? ['s', 1000]
  const count = Math.floor(all / unitMs)
  return `${count} ${unit}${unit === 'day' && count !== 1 ? 's' : ''}`
}
