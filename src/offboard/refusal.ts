// Why a stage, or the way back, may not be begun, each with what to type instead. Pure.

import { dateTimeWords } from '../text/durations.js'
import { isKnown, type OffboardFacts } from './facts.js'
import type { RosterSays } from './roster-says.js'
import { commandOf, cutAtMs, isCut, isRevoked, standingOf } from './standing.js'
import type { Stage } from './step.js'

/** Why a stage may not be begun, with what to type instead; null: it may. */
export interface Refusal {
  why: string
  hint: string
}

/** What was asked for, beside the stage. */
export interface Wishes {
  /** Also for an admin. */
  isForAdmin: boolean
  isNow: boolean
  /** How long a cut lasts before a login can be destroyed. */
  waitMs: number
}

/** Why `stage` may not be begun; null: it may. */
export function refusalOf(
  facts: OffboardFacts,
  stage: Stage | 'undo',
  roster: RosterSays,
  wishes: Wishes,
): Refusal | null {
  if (stage === 'undo') return refusalBack(facts)
  return (
    refusedUnknown(facts, roster) ??
    refusedByRoster(facts.user, stage, roster, wishes) ??
    refusedTooEarly(facts, stage, wishes)
  )
}

/** Nothing is known of a user of that name; null: something is. */
export function refusedUnknown(facts: OffboardFacts, { row }: RosterSays): Refusal | null {
  const { user, vault, machine } = facts
  if (vault === null && machine === null)
    return {
      why: `nobody is called ${user} here, and no Vault is configured`,
      hint: `getent passwd ${user}`,
    }
  if (isKnown(facts) || row !== null) return null
  return {
    why: `nobody is called ${user}: neither Vault, this machine nor the roster knows them`,
    hint: 'claude-auth fleet',
  }
}

/** An admin, or a user who is still listed and would come back. */
function refusedByRoster(
  user: string,
  stage: Stage,
  { row, active }: RosterSays,
  { isForAdmin, isNow }: Wishes,
): Refusal | null {
  if (row?.isAdmin && !isForAdmin)
    return { why: `${user} is of the tier admin`, hint: `${commandOf(user, stage)} --admin` }
  const isUrgent = stage === 'cut' && isNow
  if (active === null || isUrgent) return null
  return {
    why: `the committed roster lists ${user} still, who would come back: ${active}`,
    hint: `${commandOf(user, 'cut')} --now   (a cut that can't wait)`,
  }
}

/** The order cut, revoke, destroy: a host whose token lives would write a deleted document anew. */
function refusedTooEarly(
  facts: OffboardFacts,
  stage: Stage,
  { isNow, waitMs }: Wishes,
): Refusal | null {
  const { user, cause } = facts
  if (stage === 'cut') return null
  if (!isCut(facts))
    return { why: `the cut of ${user} is not complete`, hint: commandOf(user, 'cut') }
  if (stage === 'revoke') return null
  if (!isRevoked(facts))
    return {
      why: `${user} is not revoked yet: a token that lives could bring the document back`,
      hint: commandOf(user, 'revoke'),
    }
  const since = cutAtMs(facts)
  if (isNow || since === null || cause.nowMs - since >= waitMs) return null
  const from = dateTimeWords(since + waitMs, cause.nowMs)
  return {
    why: `the cut of ${user} is too young: it can be destroyed from ${from} on`,
    hint: `${commandOf(user, 'destroy')} --now`,
  }
}

/** Why there is no way back; null: there is. */
function refusalBack(facts: OffboardFacts): Refusal | null {
  const { user, vault } = facts
  if (standingOf(facts) === 'destroyed' || (isOff(facts) && !isNoted(facts))) {
    const entity = vault?.entities[0]?.id ?? 'ID'
    return {
      why: `no cut of ${user} is noted that could be undone: they were destroyed, or cut by somebody else`,
      hint: `bao write identity/entity/id/${entity} disabled=false`,
    }
  }
  return null
}

function isOff({ vault }: OffboardFacts): boolean {
  return vault?.entities.some(({ isDisabled }) => isDisabled) ?? false
}

function isNoted({ vault, machine, deeds }: OffboardFacts): boolean {
  const isInVault = vault?.documents.some(({ note }) => note !== null) ?? false
  return (
    isInVault ||
    (machine !== null && machine.markedAtMs !== null) ||
    deeds.some(({ command }) => command === 'offboard cut')
  )
}
