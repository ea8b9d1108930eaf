// One line of the benchmark's table: a figure beside its baseline of the same run, and whether it is as wanted.

import type { Timed } from './timing.js'

export interface Row {
  figure: string
  baseline: string
  wanted: string
  found: string
  /** Null: nothing is claimed, or it could not be measured (`found` says why). */
  holds: boolean | null
  /** Far from what is wanted, or from what is usual where that is more: three times of it, whatever else the machine is doing. */
  gross: boolean
}

/** Some rows, and the timings that they come from. */
export interface Section {
  title: string
  rows: Row[]
  timed: Timed[]
  /** The contestant that the others are compared with. */
  base: string
}

const grossTimes = 3

/** At most `most` times the baseline; `usual`: what it is today, where that is more. */
export function times(figure: string, found: Timed, base: Timed, most: number, usual = most): Row {
  const limit = (ratio: number) => base.medianMs * ratio
  const verdict = judge(found.medianMs, limit(most), limit(Math.max(most, usual)))
  return { ...compared(figure, found, base), wanted: `≤ ${most} ×`, ...verdict }
}

/** At most `mostMs` milliseconds more than the baseline. */
export function added(figure: string, found: Timed, base: Timed, mostMs: number): Row {
  const verdict = judge(found.medianMs, base.medianMs + mostMs)
  const more = found.medianMs - base.medianMs
  const row = compared(figure, found, base)
  const sign = more < 0 ? '−' : '+'
  const words = `${sign}${Math.abs(more).toFixed(2)} ms; ${row.found}`
  return { ...row, wanted: `≤ +${mostMs} ms`, found: words, ...verdict }
}

/** A number that does not depend on how busy the machine is. */
export function counted(
  figure: string,
  baseline: string,
  found: number,
  most: number,
  unit: string,
): Row {
  const verdict = judge(found, most)
  return { figure, baseline, wanted: `≤ ${most}`, found: `${found} ${unit}`.trim(), ...verdict }
}

/** A ratio worth knowing of which nothing is claimed. */
export function told(figure: string, found: Timed, base: Timed): Row {
  return { ...compared(figure, found, base), wanted: 'listed', holds: null, gross: false }
}

/** Something worth knowing of which nothing is claimed. */
export function listed(figure: string, found: string): Row {
  return { figure, baseline: '', wanted: 'listed', found, holds: null, gross: false }
}

/** What this version or this machine does not have. */
export function leftOut(figure: string, baseline: string, wanted: string, why: string): Row {
  return { figure, baseline, wanted, found: why, holds: null, gross: false }
}

/** `limit` itself is good; a limit of nothing is missed grossly by anything. */
function judge(found: number, limit: number, usual = limit): Pick<Row, 'holds' | 'gross'> {
  const isNumber = Number.isFinite(found) && Number.isFinite(limit)
  return { holds: isNumber && found <= limit, gross: !isNumber || found > usual * grossTimes }
}

function compared(figure: string, found: Timed, base: Timed) {
  const median = (found.medianMs / base.medianMs).toFixed(2)
  const p95 = (found.p95Ms / base.p95Ms).toFixed(2)
  const ms = `${milliseconds(found.medianMs)} ms beside ${milliseconds(base.medianMs)}`
  return { figure, baseline: base.name, found: `${median} × (p95 ${p95} ×), ${ms}` }
}

export function milliseconds(ms: number): string {
  return ms < 100 ? ms.toFixed(2) : ms.toFixed(0)
}
