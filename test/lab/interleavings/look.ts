// Looking and deciding in the model: `look` on the model's file with the engine's own parts, and the real `decide`.

import {
  knownLogin,
  type Observation,
  storedAccessHash,
  storeFacts,
} from '../../../src/engine/observe.js'
import { longLivedFacts, mayBeUsedByOthers } from '../../../src/engine/read-store.js'
import type { Run } from '../../../src/engine/run.js'
import type { Lineage } from '../../../src/login/lineage.js'
import { tokenHash } from '../../../src/login/login.js'
import type { LoginFile } from '../../../src/login/login-file.js'
import type { Memory, Verified } from '../../../src/login/memory.js'
import { isIncomplete, isOldCopy, lineageInFile } from '../../../src/login/tracked-login.js'
import { decide } from '../../../src/policy/decide.js'
import { isRightIdentity } from '../../../src/policy/identity.js'
import type { Decision, FileFacts, State } from '../../../src/policy/state.js'
import { partNumber } from './parts.js'
import { hourMs, type View } from './world.js'

const nobody = { email: null, accountUuid: null, organizationUuid: null }
/** The one user of the model, as the server says it. */
export const user = { ...nobody, email: 'alice@example.com' }

/** A run over the model's host, for the parts of the engine that only read it. */
export function runOf({ w, h, custody, isShared }: View): Run {
  const renewal = { via: 'grant', renewAt: 0.5, verifyEveryMs: hourMs }
  const config = { mode: 'on', custody, credential: 'login', identity: nobody, renewal }
  const about = {
    owned: true,
    otherCredential: null,
    standIn: null,
    forced: false,
    offline: false,
    signedIn: false,
  }
  const { memory, asked, tried } = h
  const store = { isShared, keep: isShared ? () => undefined : null }
  const person = { user: 'alice', host: `host${w.hosts.indexOf(h)}` }
  const run = { ...about, config, memory, storeRead: asked, tried, store, person, now: () => w.ms }
  return { ...run, nonce: () => 'n' } as unknown as Run
}

export function fileOf({ h }: View): LoginFile {
  const { file } = h
  const bytes = null
  if (file.kind === 'missing') return { bytes, contentHash: null, mtimeMs: null, kind: 'missing' }
  const contentHash = JSON.stringify(file)
  const about = { bytes, contentHash, mtimeMs: file.atMs }
  return file.kind === 'blank'
    ? { ...about, kind: 'blank', loginEnded: null }
    : { ...about, kind: 'login', login: file.login }
}

const doubtMs = hourMs

/** As `look` of src/engine/observe.ts. */
export function look(v: View): Observation {
  const run = runOf(v)
  const { memory } = run
  const { held } = memory
  const file = fileOf(v)
  const lineage = lineageOf(v, file, memory)
  const isDead = held?.refreshHash != null && memory.spent.includes(held.refreshHash)
  const superseded = held === null || isDead ? [] : held.lineage.chain.slice(0, -1)
  const state: State = {
    mode: 'on',
    owned: true,
    otherCredential: false,
    standIn: false,
    custody: v.custody,
    forced: false,
    offline: false,
    file: fileFacts(run, file, lineage),
    store: storeFacts(run, file, lineage),
    held: held && { ...held, renewAtMs: null },
    spent: [...memory.spent, ...superseded],
    maybeSpent: memory.maybeSpent.map(({ hash, tries, atMs }) => ({
      hash,
      tries: Math.abs(v.w.ms - atMs) >= doubtMs ? Math.min(tries, 1) : tries,
    })),
    backOff: memory.backOff,
    verification: said(memory, memory.verification),
    copyVerification: said(memory, memory.verifiedCopy),
    verifyEveryMs: hourMs,
    longLived: longLivedFacts(run),
    signedOut: memory.signedOut?.chain ?? null,
    signedOutElsewhere: memory.signedOut?.elsewhere === true,
    isShared: v.isShared,
    isRemote: false,
    contestedHash: null,
    unattended: false,
    usedByOthers: mayBeUsedByOthers(run, file.kind === 'login' && file.login.refreshToken !== null),
    storedAccessHash: storedAccessHash(run),
    pending: memory.pending,
    signInNeeded: memory.signInNeeded?.because ?? null,
    tried: v.h.tried,
  }
  return { state, file, lineage }
}

function lineageOf({ w }: View, file: LoginFile, { held, spent }: Memory): Lineage | null {
  if (file.kind !== 'login') return null
  const id = `lineage of ${file.login.refreshToken}`
  return lineageInFile(file.login, held, Math.min(file.mtimeMs ?? w.ms, w.ms), id, { spent })
}

function said({ pinned }: Memory, verified: Verified | null) {
  if (verified === null) return null
  const rightIdentity = isRightIdentity(verified.identity, nobody, pinned)
  return { ...verified, rightIdentity }
}

function fileFacts(run: Run, file: LoginFile, lineage: Lineage | null): FileFacts {
  if (file.kind === 'blank')
    return { kind: 'blank', blankedAtMs: file.mtimeMs ?? run.now(), timeLimit: false }
  if (file.kind !== 'login') return { kind: file.kind }
  const { held } = run.memory
  const login = knownLogin(run, file.login, file.mtimeMs ?? run.now())
  const { refreshHash } = login
  const at = refreshHash === null ? -1 : (held?.lineage.chain.indexOf(refreshHash) ?? -1)
  const isOurs = held?.accessHash === tokenHash(file.login.accessToken)
  const isKin = isOurs || (lineage !== null && lineage.id === held?.lineage.id)
  return {
    kind: 'login',
    login,
    incomplete: isIncomplete(file.login, held) && isKin,
    past: (at >= 0 && refreshHash !== held?.refreshHash) || isOldCopy(file.login, held, run.now()),
  }
}

const decided = new Map<string, Decision>()

/** The real rule on these facts. */
export function decideNow(v: View): Decision {
  const { file, memory, asked, tried } = v.h
  const parts = [file, memory, asked, tried].map(partNumber)
  const key = `${parts.join(' ')} ${v.w.ms} ${v.custody} ${v.isShared}`
  const known = decided.get(key)
  if (known) return known
  const made = decide(look(v).state, v.w.ms)
  if (decided.size > 500_000) decided.clear()
  decided.set(key, made)
  return made
}
