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
 * is listed no more, or the other way round: there is nothing to tell, and what is known of a token is kept.
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
  const all = Object.entries(pending)
  const isFresh = ([user, { what }]: Entry) => (what === 'added') === active.has(user)
  const isDue = (entry: Entry) =>
    isFresh(entry) && (only === null || only === entry[0]) && !unfinished.has(entry[0])
  const isKept = (entry: Entry) => (isFresh(entry) ? !isDue(entry) : hasToken(entry))
  return {
    messages: messagesOf(all.filter(isDue)),
    rest: Object.fromEntries(all.filter(isKept)),
  }
}

type Entry = [string, PendingUser]

/** Who rests for a while may have a token that is not noted. */
function hasToken([, { what, token, mintingSinceMs }]: Entry): boolean {
  return what === 'added' && (token !== null || mintingSinceMs !== null)
}

function messagesOf(due: readonly Entry[]): PeopleMessage[] {
  const messages = new Map<string, { people: ToldPerson[]; sentTo: readonly string[] }>()
  for (const [user, { what, why, sentTo }] of due) {
    const key = [...sentTo].sort().join()
    const message = messages.get(key) ?? { people: [], sentTo }
    message.people.push({ user, what, why })
    messages.set(key, message)
  }
  return [...messages.values()]
}
