// The login in the file compared with the tracked one: its lineage, its life, and what a faulty refresh dropped.

import { hourMs, minuteMs } from '../system/time.js'
import { type Lineage, newLineage, nextGeneration } from './lineage.js'
import { type Login, tokenHash } from './login.js'
import type { TrackedLogin } from './memory.js'

/** No access token of the client's lives longer; where the issue time is unknown its life is at most this. */
const longestLifeMs = 8 * hourMs
/** The client refreshes by itself 5 minutes before the end; a token found closer to it is renewed at once. */
const beforeClientMs = 6 * minuteMs
/** `renewal.via: client`: inside the client's own window. */
const clientRenewsMs = 4 * minuteMs

/** Is this login, by its access token, the one that we hold? */
export function isHeld(login: Login, held: TrackedLogin | null): held is TrackedLogin {
  return held?.accessHash === tokenHash(login.accessToken)
}

/**
 * The lineage of a login found in the file at `foundAtMs`. A refresh token that we don't know is the
 * successor of the one we hold (the client refreshed by itself), unless the login's end moved
 * later, which only a sign-in does (client 2.1.330: a refresh never extends it). Null: it has no refresh
 * token and is not the one we hold. `id` is for a new lineage, which is later than the one before
 * regardless of the clock. `signedIn`: the user has just signed in, so an unknown login is a
 * sign-in's; nor has a `spent` token a successor.
 */
export function lineageInFile(
  login: Login,
  held: TrackedLogin | null,
  foundAtMs: number,
  id: string,
  { signedIn = false, spent = [] }: { signedIn?: boolean; spent?: readonly string[] } = {},
): Lineage | null {
  const hash = login.refreshToken === null ? null : tokenHash(login.refreshToken)
  if (isHeld(login, held) && (hash === null || hash === held.refreshHash)) return held.lineage
  if (hash === null) return null
  if (held === null) return newLineage(id, hash, foundAtMs)
  const at = held.lineage.chain.indexOf(hash)
  if (at >= 0 && hash !== held.refreshHash) {
    const steps = held.lineage.chain.length - 1 - at
    const generation = held.lineage.generation - steps
    return { ...held.lineage, generation, chain: held.lineage.chain.slice(0, at + 1) }
  }
  const isRefused = held.refreshHash !== null && spent.includes(held.refreshHash)
  // Where the file held no refresh token a client had none to renew with.
  if (signedIn || !held.inFile || isRefused || isLaterSignIn(login, held))
    return newLineage(id, hash, Math.max(foundAtMs, held.lineage.signedInAtMs + 1))
  return nextGeneration(held.lineage, hash)
}

function isLaterSignIn(login: Login, held: TrackedLogin): boolean {
  if (login.loginEndsAtMs === null || held.loginEndsAtMs === null) return false
  return login.loginEndsAtMs > held.loginEndsAtMs + minuteMs
}

/** Distinguishes a token's lifetime and transit, rounded by a server, from a wrong clock. */
const clockToleranceMs = 10 * minuteMs

/**
 * The end of an access token as far as it can be true: one that lies farther from `nowMs`, when it is found,
 * than any token lives was written by a clock that was ahead, and is unknown; the token ends by its longest
 * life after `sinceMs`.
 */
export function trueEndMs(
  expiresAtMs: number | null,
  { sinceMs, issuedToUs }: { sinceMs: number; issuedToUs: boolean },
  nowMs: number,
): { endMs: number | null; isKnown: boolean } {
  const isKnown =
    issuedToUs || expiresAtMs === null || expiresAtMs <= nowMs + longestLifeMs + clockToleranceMs
  return { endMs: isKnown ? expiresAtMs : sinceMs + longestLifeMs, isKnown }
}

/** The same for the tracked login: an end that was too far off when it was found does not become true later. */
export function heldEndMs(
  login: Login,
  held: TrackedLogin,
  nowMs: number,
): ReturnType<typeof trueEndMs> {
  const { sinceMs, renewedAtMs, expiresAtMs } = held
  const said = login.expiresAtMs ?? expiresAtMs
  if (said !== null && expiresAtMs !== null && said > expiresAtMs + clockToleranceMs)
    return { endMs: expiresAtMs, isKnown: false }
  return trueEndMs(said, { sinceMs, issuedToUs: renewedAtMs !== null }, nowMs)
}

/** From when on a login should be renewed; null for a long-lived token. */
export function renewAtMs(
  login: Pick<Login, 'expiresAtMs' | 'refreshToken'>,
  since: { sinceMs: number; issuedToUs: boolean },
  renewal: { via: 'grant' | 'client'; renewAt: number },
): number | null {
  const { expiresAtMs } = login
  if (expiresAtMs === null) return null
  if (renewal.via === 'client') return expiresAtMs - clientRenewsMs
  const start = since.issuedToUs
    ? since.sinceMs
    : Math.max(since.sinceMs, expiresAtMs - longestLifeMs)
  const halfLife = start + (expiresAtMs - start) * renewal.renewAt
  return since.issuedToUs ? halfLife : Math.min(halfLife, expiresAtMs - beforeClientMs)
}

/**
 * An unknown login that has ended, and ended before the tracked one: not a renewal
 * or a sign-in, but an old copy put back. Its refresh token was very likely spent long ago.
 */
export function isOldCopy(login: Login, held: TrackedLogin | null, nowMs: number): boolean {
  const { expiresAtMs, refreshToken } = login
  if (held === null || held.expiresAtMs === null || expiresAtMs === null) return false
  if (refreshToken === null || tokenHash(refreshToken) === held.refreshHash) return false
  return expiresAtMs <= nowMs && expiresAtMs <= held.expiresAtMs && !isHeld(login, held)
}

/** Did a faulty refresh drop fields that we still know for this login? */
export function isIncomplete(login: Login, held: TrackedLogin | null): boolean {
  if (held === null) return false
  const expiry = login.expiresAtMs === null && isHeld(login, held) && held.expiresAtMs !== null
  return expiry || (login.scopes === null && held.scopes !== null)
}

/** The login with the fields put back that `isIncomplete` found missing. */
export function completed(login: Login, held: TrackedLogin): Login {
  return {
    ...login,
    expiresAtMs: login.expiresAtMs ?? (isHeld(login, held) ? held.expiresAtMs : null),
    scopes: login.scopes ?? held.scopes,
    loginEndsAtMs: login.loginEndsAtMs ?? held.loginEndsAtMs,
  }
}
