// Saving a renewed login: the successor goes where its custody wants it, or nowhere after a log-out.

import type { Grant } from '../anthropic/login-server.js'
import { type Lineage, nextGeneration } from '../login/lineage.js'
import { type Login, tokenHash, withoutRefreshToken } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import { type Memory, withSpent } from '../login/memory.js'
import { isOldCopy } from '../login/tracked-login.js'
import { isConfigured, isRightIdentity, leavesOpen } from '../policy/identity.js'
import type { Identity } from '../policy/outcome.js'
import { minuteMs } from '../system/time.js'
import { unlessBug } from '../system/trouble.js'
import { keepAside } from './keep-aside.js'
import { isLoggedOut } from './log-out.js'
import { rereadFile } from './observe.js'
import { endAtServer, owe, owedOf } from './owed-revocations.js'
import { readStore } from './read-store.js'
import { commit, type Run } from './run.js'
import { holding, isProgramStarted, keepHere, saveToFile } from './save.js'

/** The login whose refresh token was posted, with its lineage. */
export interface Parent {
  /** SHA-256 of the refresh token. */
  hash: string
  login: Login
  lineage: Lineage
  /** Known to be this user's own: from the store, or verified. A stranger's login is never sealed. */
  own: boolean
}

/** Where no expiry was said, the successor is used this long and then renewed. */
const unknownLifeMs = 10 * minuteMs

/** Saves the successor that `grant` (come at `atMs`) makes of `parent`; the sealed store first in sole custody. */
export async function saveRenewedLogin(
  run: Run,
  parent: Parent,
  grant: Grant,
  atMs: number,
  because: string,
) {
  const login = successor(parent.login, grant, atMs)
  const refreshHash = login.refreshToken === null ? parent.hash : tokenHash(login.refreshToken)
  if (isLoggedOut(run, rereadFile(run))) return revokeInstead(run, login, parent.hash)

  const lineage = nextGeneration(parent.lineage, refreshHash)
  const { config, memory } = run
  const identity = toldBy(run, grant)
  const own = identity ? isRightIdentity(identity, config.identity, memory.pinned) : parent.own
  // The store held another user's login: it must not enter this user's file.
  if (identity !== null && !own && !isInFile(run, parent))
    return setAside(run, parent, login, because)
  // The refresh token leaves the file only where our program is seen to start.
  const takes =
    config.custody === 'sole' && own && (!standsInFile(run, parent) || isProgramStarted(run))
  let sealed = takes && (await sealFirst(run, login, lineage, because))
  await keepOldCopy(run, parent)
  const save = (inFile: Login) =>
    saveToFile(run, inFile, file => mayReplace(run, file, parent, lineage))
  const saved = await save(sealed ? withoutRefreshToken(login) : login).catch(async error => {
    // The next best: the successor in the store, and the access token alone for the clients.
    sealed = sealed || (own && (await sealFirst(run, login, lineage, because)))
    if (sealed) commit(run, { memory: withSpent(run.memory, parent.hash) })
    const isDisarmed = await save(withoutRefreshToken(login)).catch(() => false)
    if (!sealed || !isDisarmed) throw error
    return isDisarmed
  })
  if (!saved && isLoggedOut(run, rereadFile(run))) return revokeInstead(run, login, parent.hash)
  if (!saved && !sealed) await keepAside(run, login, 'another login is in the file')

  // Another user's login, or an unverified one, is saved where it was and not tracked.
  const held = holding(run, login, lineage, { renewedAtMs: atMs, inFile: !sealed })
  commit(run, {
    memory: {
      ...(refreshHash === parent.hash ? run.memory : withSpent(run.memory, parent.hash)),
      ...(saved && own ? { held, narrower: isNarrower(parent.login, login) } : {}),
      ...vouched(run, login, identity, atMs),
      backOff: null,
    },
    journal: { did: 'renew', because, before: parent.hash, after: refreshHash },
  })
}

/** A reply that says too little to tell is no word: the profile is asked then. */
function toldBy({ config, memory }: Run, { identity }: Grant): Identity | null {
  if (identity === null || leavesOpen(identity, config.identity, memory.pinned)) return null
  return identity
}

async function setAside(run: Run, parent: Parent, login: Login, because: string) {
  await keepAside(run, login, 'it is not this user’s own')
  commit(run, {
    memory: { ...withSpent(run.memory, parent.hash), backOff: null },
    journal: { did: 'renew', because, before: parent.hash, detail: 'not this user’s own login' },
  })
}

/** Does the file itself hold the refresh token that was posted? */
function standsInFile(run: Run, { hash }: Parent): boolean {
  const file = rereadFile(run)
  const token = file.kind === 'login' ? file.login.refreshToken : null
  return token !== null && tokenHash(token) === hash
}

function isInFile(run: Run, parent: Parent): boolean {
  const { kind, ...file } = rereadFile(run)
  if (kind !== 'login' || !('login' in file)) return false
  const { refreshToken, accessToken } = file.login
  // In sole custody its refresh token has gone to the store.
  if (refreshToken === null) return accessToken === parent.login.accessToken
  return tokenHash(refreshToken) === parent.hash
}

/** The reply's account counts as verification; where nothing is configured the first one seen is pinned. */
function vouched(run: Run, login: Login, identity: Identity | null, atMs: number): Partial<Memory> {
  if (identity === null) return {}
  const { memory, config } = run
  const accessHash = tokenHash(login.accessToken)
  const organization = memory.verification?.organization ?? null
  const firstUse = memory.pinned === null && !isConfigured(config.identity)
  return {
    verification: { accessHash, kind: 'accepted', atMs, identity, organization },
    ...(firstUse ? { pinned: identity } : {}),
  }
}

/**
 * Sole custody: the only copy that can't be made again is the sealed one. False when it could not be
 * written: then the login file has to keep the refresh token.
 */
async function sealFirst(run: Run, login: Login, lineage: Lineage, because: string) {
  for (const asked of [run.storeRead, null]) {
    if (asked === null) await readStore(run)
    if (await keepHere(run, login, lineage, because).catch(unlessBug)) return true
  }
  return false
}

/** A log-out came while the renewal was under way: its result must not come to life. */
async function revokeInstead(run: Run, login: Login, parentHash: string) {
  const left = await endAtServer(run, owedOf(run, login))
  // On disk before the answer is erased: a later run tells the server.
  const isOwed = await owe(run, left)
  const because = left.length === 0 ? 'revoked' : 'signed-out'
  const detail = isOwed ? {} : { detail: 'the server gave no answer; the login ends by itself' }
  commit(run, { journal: { did: 'sign-out', because, before: parentHash, ...detail } })
  commit(run, { memory: withSpent(run.memory, parentHash) })
}

/** Over a login that is neither the parent's, nor older, nor dead, a fresh sign-in would be lost. */
function mayReplace(run: Run, file: LoginFile, parent: Parent, lineage: Lineage): boolean {
  if (file.kind !== 'login') return true
  const { refreshToken, accessToken } = file.login
  if (accessToken === parent.login.accessToken || refreshToken === null) return true
  const hash = tokenHash(refreshToken)
  if (lineage.chain.includes(hash) || run.memory.spent.includes(hash)) return true
  return isOldCopy(file.login, run.memory.held, run.now())
}

/** Looking old is no proof: the replaced login is kept aside. */
async function keepOldCopy(run: Run, parent: Parent) {
  const file = rereadFile(run)
  if (file.kind !== 'login' || file.login.accessToken === parent.login.accessToken) return
  if (isOldCopy(file.login, run.memory.held, run.now()))
    await keepAside(run, file.login, 'replaced by a renewed login')
}

function isNarrower(before: Login, after: Login): boolean {
  return before.scopes?.some(scope => !after.scopes?.includes(scope)) ?? false
}

/**
 * What the server granted, with what it did not say filled from the parent. Without an access token
 * the parent's stays, at its end: the new refresh token is safe, and the next step uses it.
 */
function successor(parent: Login, grant: Grant, atMs: number): Login {
  const { accessToken, expiresInSeconds, loginEndsInSeconds } = grant
  const lifeMs = expiresInSeconds === null ? unknownLifeMs : expiresInSeconds * 1000
  return {
    accessToken: accessToken ?? (parent.accessToken || 'none'),
    refreshToken: grant.refreshToken ?? parent.refreshToken,
    expiresAtMs: accessToken === null ? Math.min(parent.expiresAtMs ?? atMs, atMs) : atMs + lifeMs,
    loginEndsAtMs:
      loginEndsInSeconds === null ? parent.loginEndsAtMs : atMs + loginEndsInSeconds * 1000,
    scopes: grant.scopes ?? parent.scopes,
    fields: parent.fields,
  }
}
