// Why a stage, or the way back, is refused, each with what to type instead. Pure.

import { dateTimeWords } from '../text/durations.js'
import { wasCutFromHere } from './admin-journal.js'
import { isKnown, type OffboardFacts } from './facts.js'
import type { RosterSays } from './roster-says.js'
import { isCutNoted } from './stages.js'
import { commandOf, cutAtMs, isCut, isRevoked, standingOf } from './standing.js'
import type { Stage } from './step.js'
import { sharedWords } from './vault-steps.js'

/** Why it is refused, and what to type instead. */
export interface Refusal {
  why: string
  hint: string
}

/** What was asked for, beside the stage. */
export interface Wishes {
  /** The user who called sudo, else the user of the process. */
  caller: string
  /** Even if the user is an admin. */
  isForAdmin: boolean
  isNow: boolean
  /** Even if others share it. */
  isWithOthers: boolean
  /** How old a cut must be before its login can be destroyed. */
  waitMs: number
}

/** Null: `stage` may begin. */
export function refusalOf(
  facts: OffboardFacts,
  stage: Stage | 'undo',
  roster: RosterSays,
  wishes: Wishes,
): Refusal | null {
  if (stage === 'undo') return refusalBack(facts)
  return (
    refusedUnknown(facts, roster) ??
    refusedByRoster(facts, stage, roster, wishes) ??
    refusedShared(facts, stage, wishes) ??
    refusedTooEarly(facts, stage, wishes)
  )
}

/** Refuses a name that nobody knows. */
export function refusedUnknown(facts: OffboardFacts, { row }: RosterSays): Refusal | null {
  const { user, vault, machine, isHereOnly } = facts
  if (vault === null && machine === null)
    return {
      why: isHereOnly
        ? `${user} has no account on this machine`
        : `nobody is called ${user} here, and no Vault is configured`,
      hint: `getent passwd ${user}`,
    }
  if (isKnown(facts) || row !== null) return null
  return {
    why: `nobody is called ${user}: neither Vault, this machine nor the roster knows them`,
    hint: 'claude-auth fleet',
  }
}

/** Refuses an admin, and a user whom the roster still lists: they would be added again. */
function refusedByRoster(
  facts: OffboardFacts,
  stage: Stage,
  { row, active }: RosterSays,
  { isForAdmin, isNow, caller }: Wishes,
): Refusal | null {
  const { user } = facts
  const whyAdmin = row?.isAdmin ? 'of the tier admin' : isSelf(facts, caller) ? 'you' : null
  if (whyAdmin !== null && !isForAdmin)
    return { why: `${user} is ${whyAdmin}`, hint: `${commandOf(user, stage)} --admin` }
  // With `--here` the roster was checked on the host where the stage began.
  const isUrgent = (stage === 'cut' && isNow) || facts.isHereOnly
  if (active === null || isUrgent) return null
  return {
    why: `the committed roster lists ${user} still, who would come back: ${active}`,
    hint: `${commandOf(user, 'cut')} --now   (a cut that can't wait)`,
  }
}

/** Refuses to cut an entity that also opens the documents of others. */
function refusedShared(
  { user, vault }: OffboardFacts,
  stage: Stage,
  { isWithOthers }: Wishes,
): Refusal | null {
  if (stage !== 'cut' || isWithOthers || vault === null || vault.sharedWith.length === 0)
    return null
  return { why: sharedWords(vault), hint: `${commandOf(user, 'cut')} --with-others` }
}

/** Is it root, or the user who called sudo? */
function isSelf({ user, machine }: OffboardFacts, caller: string): boolean {
  return machine?.account.uid === 0 || user === caller
}

/** Enforces the order cut, revoke, destroy: a host with a live token would write a deleted document again. */
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

/** Null: there is a way back. */
function refusalBack(facts: OffboardFacts): Refusal | null {
  const { user, vault } = facts
  if (standingOf(facts) === 'destroyed' || (isOff(facts) && !isNoted(facts))) {
    const ids = vault?.entities.map(({ id }) => id) ?? []
    const on = (ids.length === 0 ? ['ID'] : ids).map(
      id => `bao write identity/entity/id/${id} disabled=false`,
    )
    return {
      why: `no cut of ${user} is noted that could be undone: they were destroyed, or someone else switched them off`,
      hint: on.join(' && '),
    }
  }
  return null
}

function isOff({ vault }: OffboardFacts): boolean {
  return vault?.entities.some(({ isDisabled }) => isDisabled) ?? false
}

function isNoted({ vault, machine, deeds }: OffboardFacts): boolean {
  return (
    isCutNoted(vault) || (machine !== null && machine.markedAtMs !== null) || wasCutFromHere(deeds)
  )
}
