// Who the people outside are to be told of after an apply, and what is kept for the next one. Pure.

import type { ToldPerson } from '../alerts/site-news.js'
import type { StepResult } from './act.js'
import type { Pending, PendingUser } from './pending.js'

export interface PeopleMessage {
  people: readonly ToldPerson[]
  sentTo: readonly string[]
}

export interface DueToTell {
  /** Those whose steps have all ended well, in this run or in one before; a message for each set of sinks that have it already. */
  messages: readonly PeopleMessage[]
  /** What stays pending beside them. */
  rest: Pending
}

/**
 * `active`: the users who are to have a login; `only`: the one user that the run was about. Stale is a user who was added and
 * is listed no more, or the other way round: there is nothing to tell.
 */
export function dueToTell(
  pending: Pending,
  {
    results,
    active,
    only,
  }: { results: readonly StepResult[]; active: ReadonlySet<string>; only: string | null },
): DueToTell {
  const unfinished = new Set(
    results.flatMap(({ user, state, name }) => (state === 'done' || name === 'ask' ? [] : user)),
  )
  const fresh = Object.entries(pending).filter(
    ([user, { what }]) => (what === 'added') === active.has(user),
  )
  const isDue = ([user]: [string, PendingUser]) =>
    (only === null || only === user) && !unfinished.has(user)
  return {
    messages: messagesOf(fresh.filter(isDue)),
    rest: Object.fromEntries(fresh.filter(entry => !isDue(entry))),
  }
}

function messagesOf(due: readonly [string, PendingUser][]): PeopleMessage[] {
  const messages = new Map<string, { people: ToldPerson[]; sentTo: readonly string[] }>()
  for (const [user, { what, why, sentTo }] of due) {
    const key = [...sentTo].sort().join()
    const message = messages.get(key) ?? { people: [], sentTo }
    message.people.push({ user, what, why })
    messages.set(key, message)
  }
  return [...messages.values()]
}
