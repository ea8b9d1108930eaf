// Times and durations: in words for people, and read from what people write (`10s`, `50%`).

import { dayMs, hourMs, minuteMs } from '../system/time.js'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * `6 h 12 min`, `8 min`, `19 days`: how long something takes. Minutes and hours are rounded down, hours are
 * told up to two days. The sign is ignored. For the time between two moments: `spanWords`.
 */
export function durationWords(durationMs: number): string {
  const minutes = Math.floor(Math.abs(durationMs) / minuteMs)
  if (!Number.isFinite(minutes)) return 'an unknown time'
  if (minutes < 1) return 'less than a minute'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.round(Math.abs(durationMs) / dayMs)} days`
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}

/** The same to the nearest minute: a measured length is never as exact as it looks. */
export function aboutWords(durationMs: number): string {
  return durationWords(Math.round(durationMs / minuteMs) * minuteMs)
}

/**
 * The time between two moments, in either order: as `durationWords`, but days are those of the calendar (in the
 * machine's time zone), so that a date beside it is as many days away as it says.
 */
export function spanWords(oneMs: number, otherMs: number): string {
  const lengthMs = Math.abs(otherMs - oneMs)
  if (!(lengthMs >= 48 * hourMs)) return durationWords(lengthMs)
  const [from, to] = [calendarDay(oneMs), calendarDay(otherMs)]
  return Number.isNaN(from + to) ? 'an unknown time' : `${Math.abs(to - from)} days`
}

/** Days since 1970, by the calendar of the machine's time zone. */
function calendarDay(timeMs: number): number {
  const time = new Date(timeMs)
  return Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / dayMs
}

/** `12 Dec` in the machine's time zone; the year is told when it is not that of `nowMs`. */
export function dateWords(timeMs: number, nowMs: number): string {
  return dateTimeWords(timeMs, nowMs).replace(/ at .*$/, '')
}

/** `3 h 5 min ago`, or `just now` for less than a minute and for times that are still to come. */
export function agoWords(thenMs: number, nowMs: number): string {
  return nowMs - thenMs < minuteMs ? 'just now' : `${spanWords(thenMs, nowMs)} ago`
}

/** `12 Dec at 09:14` in the machine's time zone; the year is told when it is not that of `nowMs`. */
export function dateTimeWords(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs)
  if (Number.isNaN(time.getTime())) return 'an unknown time'
  const year = time.getFullYear()
  const ofYear = year === new Date(nowMs).getFullYear() ? '' : ` ${year}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`
  return `${time.getDate()} ${months[time.getMonth()]}${ofYear} at ${clock}`
}

/** `2026-12-12 09:14:03` in the machine's time zone, the same width in every line. */
export function timestampWords(timeMs: number): string {
  const time = new Date(timeMs)
  if (Number.isNaN(time.getTime())) return 'at an unknown time'
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

/** `12 Dec 2026 09:14 UTC`: for readers who may sit in another time zone than the machine. */
export function dateTimeUtc(timeMs: number): string {
  const time = new Date(timeMs)
  if (Number.isNaN(time.getTime())) return 'an unknown time'
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${time.getUTCFullYear()} ${clock} UTC`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const unitMs = { ms: 1, s: 1000, m: minuteMs, h: hourMs, d: dayMs } as const

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

const units = [
  ['day', dayMs],
  ['h', hourMs],
  ['min', minuteMs],
  ['s', 1000],
] as const

/** `5 min`, `2 days`; rounded down. The sign is ignored. */
export function shortDuration(ms: number): string {
  const all = Math.abs(ms)
  const [unit, unitMs] = units.find(([, each]) => all >= each) ?? ['s', 1000]
  const count = Math.floor(all / unitMs)
  return `${count} ${unit}${unit === 'day' && count !== 1 ? 's' : ''}`
}
