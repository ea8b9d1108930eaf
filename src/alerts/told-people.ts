// People who came to a site or left it, as a message: one line for each, in the markup of a sink, and as data for programs.

import { clean } from '../text/clean.js'
import type { Markup } from './markup.js'

export interface ToldPerson {
  user: string
  what: 'added' | 'cut'
  /** The reason of the commit. */
  why: string
}

export interface ToldPeople {
  /** `root@ws1`: who carried it out. */
  by: string
  people: readonly [ToldPerson, ...ToldPerson[]]
}

/** Texts are as they were found: the markup makes them harmless. */
export function peopleLines({ by, people }: ToldPeople, { text }: Markup): [string, ...string[]] {
  const [first, ...rest] = people.map(
    ({ user, what, why }) =>
      `claude-auth: ${text(user, 64)} was ${what} by ${text(by, 100)}. Reason: ${text(why, 240)}`,
  )
  return [first ?? '', ...rest]
}

/** The keys that `alerts.command` gets of it, beside those of every message. */
export function peopleObject({ by, people }: ToldPeople): Record<string, unknown> {
  return {
    by: clean(by, 200),
    people: people.map(({ user, what, why }) => ({
      user: clean(user, 64),
      what,
      why: clean(why, 400),
    })),
  }
}
