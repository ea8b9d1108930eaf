// Times and durations as a person says them.

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** `3 hours`, `2 days`, `less than a minute`; rounded, and hours up to two days. The sign is ignored. */
export function durationWords(durationMs: number): string {
  const length = Math.abs(durationMs)
  if (!Number.isFinite(length)) return 'an unknown time'
  if (length < minuteMs) return 'less than a minute'
  const minutes = Math.round(length / minuteMs)
  if (minutes < 60) return counted(minutes, 'minute')
  const hours = Math.round(length / hourMs)
  return hours < 48 ? counted(hours, 'hour') : counted(Math.round(length / dayMs), 'day')
}

/** `6 h 12 min`, `8 min`, `19 days`: exact enough to plan with. The sign is ignored. */
export function spanWords(durationMs: number): string {
  const minutes = Math.floor(Math.abs(durationMs) / minuteMs)
  if (!Number.isFinite(minutes)) return 'an unknown time'
  if (minutes < 1) return 'less than a minute'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}

/** `12 Dec` in the machine's time zone; the year is told when it is not that of `nowMs`. */
export function dateWords(timeMs: number, nowMs: number): string {
  return dateTimeWords(timeMs, nowMs).replace(/ at .*$/, '')
}

/** `3 hours ago`, or `just now` for less than a minute and for times that are still to come. */
export function agoWords(thenMs: number, nowMs: number): string {
  return nowMs - thenMs < minuteMs ? 'just now' : `${durationWords(nowMs - thenMs)} ago`
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

function counted(count: number, unit: string): string {
  return count === 1 ? `1 ${unit}` : `${count} ${unit}s`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
