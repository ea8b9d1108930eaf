// Verifying: asking the server whose access token this is, and accepting the login in the file as ours.

import { statSync } from 'node:fs'
import { verify as askServer, type Verification } from '../anthropic/login-server.js'
import type { Config } from '../config/config.js'
import { clientAccount } from '../login/client-config.js'
import { type Login, tokenHash } from '../login/login.js'
import type { Memory, Verified } from '../login/memory.js'
import { isConfigured, isRightIdentity } from '../policy/identity.js'
import type { Decision } from '../policy/state.js'
import { minuteMs } from '../system/time.js'
import { removeQuietly } from '../system/write-file.js'
import { type Observation, reread } from './observe.js'
import { commit, type Run } from './run.js'
import { holding } from './save.js'

const timeoutMs = 5_000

/** Asks about the login that `decision` names, in the file or in the store. True if the server answered. */
export async function verify(run: Run, seen: Observation, decision: Decision): Promise<boolean> {
  const login = subject(run, seen, decision.about)
  if (login === null || decision.about === null) return false
  return learn(run, seen, decision.about, await ask(run, login))
}

/** Takes in what the server said of the access token `accessHash`. True if it answered. */
export function learn(
  run: Run,
  seen: Observation,
  accessHash: string,
  answer: Verification,
): boolean {
  if (answer.kind === 'no-answer') return false
  const base = { accessHash, atMs: run.now() }
  if (answer.kind === 'refused') {
    commit(run, {
      memory: said(run, seen, { ...base, kind: 'refused', identity: null, organization: null }),
    })
    return true
  }
  const { identity, organization } = answer
  const firstUse = run.memory.pinned === null && !isConfigured(run.config.identity)
  commit(run, {
    memory: {
      ...said(run, seen, { ...base, kind: 'accepted', identity, organization }),
      ...(firstUse ? { pinned: identity } : {}),
    },
  })
  if (isRightIdentity(identity, run.config.identity, run.memory.pinned)) accept(run, accessHash)
  // A stranger's login in the store: the next read uses what is known instead.
  else if (!isInFile(seen, accessHash)) commit(run, { learned: { storeRead: null } })
  return true
}

/** One question to the server; what its clock says is noted, and nothing else. */
export async function ask(run: Run, { accessToken }: Login): Promise<Verification> {
  const answer = await askServer(run.network, run.config.endpoints.api, accessToken, timeoutMs)
  noteClock(run, answer.serverNowMs)
  return answer
}

/** A result about the store's copy is kept beside that of the file's login, which may still need it. */
function said(run: Run, seen: Observation, verified: Verified): Partial<Memory> {
  const { verification, verifiedCopy } = run.memory
  const { accessHash } = verified
  // A login that was in the file before and is asked about again has one answer, the latest.
  if (!isInFile(seen, accessHash) && verification?.accessHash !== accessHash)
    return { verifiedCopy: verified }
  const isOld = verifiedCopy?.accessHash === accessHash
  return { verification: verified, ...(isOld ? { verifiedCopy: null } : {}) }
}

function isInFile({ file }: Observation, accessHash: string): boolean {
  return file.kind === 'login' && tokenHash(file.login.accessToken) === accessHash
}

/** The login in the file is this user's: from now on it is the one we hold. */
function accept(run: Run, accessHash: string) {
  const { file, lineage } = reread(run)
  const { held, backOff } = run.memory
  if (file.kind !== 'login' || tokenHash(file.login.accessToken) !== accessHash) return
  if (held?.accessHash === accessHash) return
  // A login of unknown lineage that can't be renewed is used, not tracked.
  if (lineage === null) return
  commit(run, {
    memory: {
      held: holding(run, file.login, lineage, { renewedAtMs: null, inFile: true }),
      narrower: false,
      backOff: backOff?.hash === lineage.chain.at(-1) ? backOff : null,
    },
    journal: {
      did: 'adopt',
      because: held === null ? 'first-seen' : 'changed',
      before: held?.refreshHash ?? null,
      after: lineage.chain.at(-1) ?? null,
    },
  })
}

function subject(run: Run, { file }: Observation, accessHash: string | null): Login | null {
  const stored = run.storeRead?.kind === 'current' ? run.storeRead.stored.login : null
  const copies = [file.kind === 'login' ? file.login : null, stored]
  return copies.find(copy => copy && tokenHash(copy.accessToken) === accessHash) ?? null
}

/** Consumes the mark of a hook, if there is one: this run asks the server about the login. */
export function noticeDoubt(run: Run): void {
  const doubtedAtMs = doubtedSinceMs(run)
  // Offline, the mark waits for the next run.
  if (doubtedAtMs === null || run.offline) return
  commit(run, { learned: { doubtedAtMs } })
  removeQuietly(run.paths.doubted)
}

/** When a client met a 401 that no run has looked into yet; null: none did. */
export function doubtedSinceMs({ paths, now }: Run): number | null {
  const mark = statSync(paths.doubted, { throwIfNoEntry: false })
  return mark === undefined ? null : Math.min(mark.mtimeMs, now())
}

/** A smaller difference of the clocks does no harm. */
const tolerableMs = 5 * minuteMs

/** `serverNowMs` is the `Date` of a reply that just came; null when it had none. */
export function noteClock(run: Run, serverNowMs: number | null): void {
  if (serverNowMs === null) return
  const offMs = run.now() - serverNowMs
  const clockOffMs = Math.abs(offMs) > tolerableMs ? offMs : 0
  if (clockOffMs !== 0 || run.memory.clockOffMs !== 0) commit(run, { memory: { clockOffMs } })
}

/**
 * The configured e-mail, else the one pinned at first use, else what the client noted at its last
 * sign-in: not a proof, only a hint. Null if unknown.
 */
export function expectedEmail(
  config: Config,
  memory: Pick<Memory, 'pinned'>,
  clientConfig: string,
): string | null {
  const known = config.identity.email ?? memory.pinned?.email ?? null
  if (known !== null) return known
  const account = clientAccount(clientConfig)
  return account.kind === 'named' ? account.email : null
}
