// Durations and percentages as people write them (`10s`, `1h`, `50%`), as numbers.

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** What `durationMs` reads, for schemas. */
export const durationPattern = /^[0-9]{1,9}(?:\.[0-9]{1,3})?(?:ms|s|m|h|d)$/

/** What `fraction` reads, for schemas: 1 to 99 percent. */
export const percentPattern = /^[1-9][0-9]?(?:\.[0-9]{1,2})?%$/

/** `10s`, `1.5h`, `7d` in milliseconds (whole); null for anything else, a bare number too. */
export function durationMs(text: string): number | null {
  if (!durationPattern.test(text)) return null
  const unit = text.replace(/^[0-9.]+/, '') as keyof typeof unitMs
  return Math.round(Number.parseFloat(text) * unitMs[unit])
}

/** `50%` as 0.5; null for anything but 1 to 99 percent. */
export function fraction(text: string): number | null {
  return percentPattern.test(text) ? Number.parseFloat(text) / 100 : null
}
