// The states in which a login can be, from worst to best.

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
