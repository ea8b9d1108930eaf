// The forms of values in a config file: as written, with the sentence an editor shows, and as resolved, with names filled in and
// bounds kept.

import { isAbsolute } from 'node:path'
import * as v from 'valibot'
import type { Person } from '../system/users.js'
import { durationMs, durationPattern } from '../text/durations.js'
import type { Path } from './problem.js'
import { fillIn, type TemplateNames, userPath } from './template.js'

// Every message is what was expected, to be read after "expected". A file states only what it wants
// to change, so every form is optional.

/** One of a few words. */
export const oneOf = <const T extends readonly string[]>(words: T, meaning: string) =>
  v.optional(
    v.pipe(
      v.picklist(words, words.join(', ').replace(/, (\S+)$/, ' or $1')),
      v.description(meaning),
    ),
  )

/** A required text of a pattern. */
export const matching = (pattern: RegExp, expected: string, meaning: string) =>
  v.pipe(v.string(expected), v.regex(pattern, expected), v.description(meaning))

/** A text of a pattern. */
export const text = (pattern: RegExp, expected: string, meaning: string) =>
  v.optional(matching(pattern, expected, meaning))

/** An absolute path, or one below the home. */
export const path = (meaning: string) =>
  text(/^(?:\/|~\/)./, 'an absolute path, or one that begins with ~/', meaning)

/** A duration with its unit. */
export const duration = (example: string, meaning: string) =>
  text(durationPattern, `a duration such as ${example}`, meaning)

/** True or false. */
export const truth = (meaning: string) =>
  v.optional(v.pipe(v.boolean('true or false'), v.description(meaning)))

/** A whole number that is not negative. */
export const count = (meaning: string) =>
  v.optional(
    v.pipe(
      v.number('a whole number'),
      v.integer('a whole number'),
      v.minValue(0, 'a whole number that is not negative'),
      v.description(meaning),
    ),
  )

/** A program and its arguments, started without a shell. */
export const commandForm = (meaning: string) =>
  v.optional(
    v.pipe(
      v.array(
        v.pipe(v.string('a text'), v.nonEmpty('a text')),
        'a list such as [program, argument]',
      ),
      v.minLength(1, 'a list such as [program, argument]'),
      v.description(meaning),
    ),
  )

/** Does `command` name its program by the full path, where there is one? */
export function isFullPath(command: readonly string[] | undefined): boolean {
  return command === undefined || isAbsolute(command[0] ?? '')
}

/** A UUID. */
export const uuid = (meaning: string) =>
  text(/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'a UUID', meaning)

/** A map of exactly these keys. */
export const map = <const T extends v.ObjectEntries>(entries: T, meaning: string) =>
  v.optional(v.pipe(v.strictObject(entries, 'a map of keys'), v.description(meaning)))

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
  /** The same; `seen` is called for each misfit too. */
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
