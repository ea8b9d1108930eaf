// Whose login may be used here: the configured identity, else the one pinned at first use.

import type { Identity } from './outcome.js'

/** Members are null where nothing is configured. */
export interface WantedIdentity extends Identity {
  /** The machine's file sets the e-mail address: an account UUID does not take its place. */
  isEmailPinned?: boolean
}

/**
 * Does `found` (as the server says it) fit what is wanted? Organization by UUID; account by UUID where
 * known, else by e-mail, case folded; by both where the machine sets the e-mail. Where nothing at all is
 * configured the pinned identity counts.
 */
export function isRightIdentity(
  found: Identity | null,
  configured: WantedIdentity,
  pinned: Identity | null,
): boolean {
  const wanted = isConfigured(configured) ? configured : pinned
  if (wanted === null) return true
  if (found === null) return false
  return membersOf(wanted).every(member => !differs(wanted[member], found[member]))
}

/** The members that must fit. */
function membersOf(wanted: WantedIdentity): (keyof Identity)[] {
  if (wanted.accountUuid === null) return ['organizationUuid', 'email']
  return wanted.isEmailPinned === true
    ? ['organizationUuid', 'accountUuid', 'email']
    : ['organizationUuid', 'accountUuid']
}

/**
 * Is it open whose login it is? Nothing in `found` speaks against what is wanted, but not all of it is
 * said (of a first login: account and organization).
 */
export function leavesOpen(
  found: Identity,
  configured: WantedIdentity,
  pinned: Identity | null,
): boolean {
  const wanted = isConfigured(configured) ? configured : pinned
  if (wanted === null) return found.accountUuid === null || found.organizationUuid === null
  const differing = membersOf(wanted).filter(key => differs(wanted[key], found[key]))
  return differing.length > 0 && differing.every(key => found[key] === null)
}

export function isConfigured(identity: WantedIdentity): boolean {
  const { accountUuid, email, organizationUuid } = identity
  return accountUuid !== null || email !== null || organizationUuid !== null
}

function differs(wanted: string | null, found: string | null): boolean {
  return wanted !== null && wanted.toLowerCase() !== found?.toLowerCase()
}
