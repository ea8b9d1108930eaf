// What every part of resolving needs: the merged file, names to fill in, and a place for problems.

import type { Person } from '../system/person.js'
import { durationMs } from '../text/durations.js'
import type { MergedConfig } from './merge.js'
import type { Path } from './problem.js'
import type { RosterEntry } from './roster.js'
import type { ConfigFile } from './schema.js'
import { fillIn, type TemplateNames, userPath } from './template.js'

export interface ResolveInputs {
  merged: MergedConfig
  /** The machine's file alone: a user's roster must not outweigh what it pins. */
  system: ConfigFile
  systemPath: string
  userPath: string
  roster: { file: string; entry: RosterEntry | null } | null
  person: Person
  folder: string
  vaultToken: string
  /** A mistake that makes the whole configuration unusable. */
  report: (path: Path, what: string) => void
  /** A value that does not fit this user: what it is about is turned off, or at its default. */
  misfit: (path: Path, what: string) => void
}

/** The little that every part of resolving needs. */
export interface Resolving {
  data: ConfigFile
  names: TemplateNames
  report: ResolveInputs['report']
  misfit: ResolveInputs['misfit']
  /** The same, and `seen` hears of each misfit. */
  noting(seen: () => void): Resolving
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
  {
    merged,
    person,
    report,
    misfit,
  }: Pick<ResolveInputs, 'merged' | 'person' | 'report' | 'misfit'>,
  names: TemplateNames,
): Resolving {
  return {
    data: merged.data,
    names,
    report,
    misfit,
    noting(seen) {
      const both: Resolving['misfit'] = (path, what) => {
        seen()
        misfit(path, what)
      }
      return resolving({ merged, person, report, misfit: both }, names)
    },
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
