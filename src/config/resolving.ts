// What resolving every key needs: names to fill in, bounds of durations, and where to report a mistake.

import type { Person } from '../system/users.js'
import { durationMs } from '../text/durations.js'
import type { Path } from './problem.js'
import { fillIn, type TemplateNames, userPath } from './template.js'

/** Takes the way to a value, and what was expected there. */
export type Report = (path: Path, what: string) => void

/** The little that every part of resolving needs. */
export interface Resolving {
  names: TemplateNames
  /** A mistake that makes the whole configuration unusable. */
  report: Report
  /** A value that does not fit this user: what it is about is turned off, or at its default. */
  misfit: Report
  /** True when the value at the path (or one below it) is the user's, not the machine's. */
  isUsers(path: Path): boolean
  /** The same, and `seen` hears of each misfit. */
  noting(seen: () => void): Resolving
  /** The same, without reporting a misfit. */
  silent(): Resolving
  /** A path with `~/` and names filled in; null when it is not set, or does not fit. */
  file(path: Path, text: string | undefined): string | null
  /** A duration within bounds, else its default and a misfit. */
  duration(path: Path, text: string | undefined, rule: DurationRule): number
}

/** `defaultMs`, and the bounds as a person would write them. */
export interface DurationRule {
  defaultMs: number
  min: string
  max: string
}

/** Binds the inputs together. */
export function resolving(
  inputs: { person: Person; isUsers: Resolving['isUsers']; report: Report; misfit: Report },
  names: TemplateNames,
): Resolving {
  const { person, isUsers, report, misfit } = inputs
  return {
    names,
    report,
    misfit,
    isUsers,
    noting(seen) {
      const both: Resolving['misfit'] = (path, what) => {
        seen()
        misfit(path, what)
      }
      return resolving({ ...inputs, misfit: both }, names)
    },
    silent: () => resolving({ ...inputs, misfit: () => {} }, names),
    file(path, text) {
      if (text === undefined) return null
      const filled = fillIn(text, names, 'file')
      if ('value' in filled) return userPath(filled.value, person.home)
      misfit(path, filled.expected)
      return null
    },
    duration(path, text, { defaultMs, min, max }) {
      if (text === undefined) return defaultMs
      const ms = durationMs(text) ?? Number.NaN
      const fits = ms >= (durationMs(min) ?? 0) && ms <= (durationMs(max) ?? 0)
      if (fits) return ms
      misfit(path, `expected a duration from ${min} to ${max}, got ${text}`)
      return defaultMs
    },
  }
}
