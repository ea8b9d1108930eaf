// The forms that values in a config file have, each with its expectation and the sentence an editor shows.

import { isAbsolute } from 'node:path'
import * as v from 'valibot'
import { durationPattern } from '../text/durations.js'

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
