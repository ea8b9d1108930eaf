// The states of a login, worst first, with their words and the reasons that go with them.

/** Worst first. All before `ok` ask a person to act. */
export const fleetStates = [
  'broken',
  'sign-in',
  'no-answer',
  'attention',
  'stranger',
  'silent',
  'never',
  'unknown',
  'ok',
  'parked',
  'off',
  'left',
] as const

export type FleetState = (typeof fleetStates)[number]

const ranks = new Map<FleetState, number>(fleetStates.map((state, rank) => [state, rank]))

/** 0 is the worst. */
export function rankOf(state: FleetState): number {
  return ranks.get(state) ?? 0
}

export function isWorse(one: FleetState, other: FleetState): boolean {
  return rankOf(one) < rankOf(other)
}

/** Does a login in this state ask a person to act? */
export function needsAction(state: FleetState): boolean {
  return isWorse(state, 'ok')
}

/** `make()` for each state. */
export function perState<T>(make: () => T): Record<FleetState, T> {
  return Object.fromEntries(fleetStates.map(state => [state, make()])) as Record<FleetState, T>
}

/** The heading of a state, and its word for one login. */
export const stateWords: Readonly<Record<FleetState, { heading: string; word: string }>> = {
  broken: { heading: 'Broken', word: 'broken' },
  'sign-in': { heading: 'A sign-in is needed', word: 'sign in' },
  'no-answer': { heading: 'No answer from the login server', word: 'no answer' },
  attention: { heading: 'Needs attention', word: 'attention' },
  stranger: { heading: 'Not in the roster', word: 'not in the roster' },
  silent: { heading: 'Silent', word: 'silent' },
  never: { heading: 'Never heard of', word: 'never heard of' },
  unknown: { heading: "Can't be told", word: "can't be told" },
  ok: { heading: 'Well', word: 'well' },
  parked: { heading: 'Parked', word: 'parked' },
  off: { heading: 'Switched off', word: 'switched off' },
  left: { heading: 'Left', word: 'left' },
}

/** Reasons of the fleet's own, beside those of a run; each as part of a sentence. */
export const ownReasons = {
  'backed-up': 'known only by the time of the last backup',
  'no-news': 'no sign of life for a long time',
  'no-record': 'no record or backup was ever seen',
  'backup-deleted': 'the backup was deleted',
  'not-in-roster': 'the roster does not list this user',
  unreadable: "what is there can't be read",
  closed: 'access to the home is denied',
  'no-directory': 'the directory of users gives no answer',
  clock: 'the clock of the host is wrong',
  roster: 'the roster says so',
  cut: 'access was cut',
  'record-remains': 'the health record is still there',
  'document-remains': 'the document is still there',
} as const

/** Reason → its words as part of a sentence. */
export type ReasonWords = Readonly<Record<string, string>>

/** `ofRuns`: the words for the reasons of a run. */
export function reasonsWith(ofRuns: ReasonWords): ReasonWords {
  return { ...ofRuns, ...ownReasons }
}

/** An unknown reason, from a newer version, is shown as it is. */
export function reasonOf({ because }: { because: string }, reasons: ReasonWords): string {
  return (Object.hasOwn(reasons, because) ? reasons[because] : undefined) ?? because
}

/** How far the source can be trusted. */
export const sourceWords = {
  vault: 'What a record says, its user wrote; nobody can write that of another user.',
  homes: 'What a record says, its user wrote; only homes of this machine were looked at.',
} as const
