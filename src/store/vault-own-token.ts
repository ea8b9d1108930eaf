// The way into Vault by this user's own token: read, looked up once an hour, renewed in time.

import { isObject, numberOf } from '../host/json.js'
import { tokenHash } from '../login/login.js'
import type { SessionMemory } from '../login/memory.js'
import type { StoreTrouble } from './store.js'
import type { VaultClient } from './vault-client.js'
import { refusedByAnother, troubleOf } from './vault-failure.js'
import { readSecretFile } from './vault-secret-file.js'
import { isRenewalDue, judgeToken, lookedUp, notLookedUp, replaced } from './vault-token-rule.js'
import type { SessionOptions, SessionPerson, WayIn } from './vault-way-in.js'

const lookUpEveryMs = 3_600_000
/** Of Vault's service and batch tokens, and of ids that an operator chose: one word. */
const tokenShape = /^[\w.~+/-]{8,8192}={0,2}$/

/** A renewal that fails is no failure as long as the token lives. */
export function ownToken(
  client: VaultClient,
  file: string,
  { user, vaultName, uid }: SessionPerson,
  { now, known, remember, mayRenew = true }: SessionOptions,
): WayIn {
  let last = known
  let drift: string | null = null

  /** Null when the token may be used, which is then remembered. */
  const judge = (seen: SessionMemory): StoreTrouble | null => {
    const judgement = judgeToken(
      seen,
      { user, file, ...(vaultName === undefined ? {} : { vaultName }) },
      last,
      now(),
    )
    if (judgement.kind === 'denied') return judgement
    drift ??= judgement.drift
    if (seen !== last) remember(seen)
    last = seen
    return null
  }
  /** A look at the same token undoes nothing of what was learnt about its renewal. */
  const lookAgain = async (token: string) => {
    const seen = await lookUp(client, token, now)
    if (seen === 'refused' || 'kind' in seen || last?.hash !== seen.hash) return seen
    return { ...seen, refusedAtMs: last.refusedAtMs ?? null }
  }
  return {
    open: async () => {
      const found = readToken(file, uid)
      if (found.kind !== 'token') return found
      const { token } = found
      const hash = tokenHash(token)
      const before = last?.hash === hash ? last : null
      const isFresh = before !== null && isSeenLately(before, now())
      const seen = isFresh ? before : await lookAgain(token)
      if (seen !== 'refused' && 'kind' in seen) return seen
      // Its policies may just not let it look itself up: what it is for will tell.
      const current = seen === 'refused' ? notLookedUp(before, hash, now()) : seen
      const trouble = judge(current)
      if (trouble !== null) return trouble
      if (!mayRenew || !isRenewalDue(current, now()))
        return { kind: 'open', token, endsAtMs: current.endsAtMs }
      const renewed = await renew(client, token, current, now)
      return judge(renewed) ?? { kind: 'open', token, endsAtMs: renewed.endsAtMs }
    },
    whyRefused: async () => {
      const found = readToken(file, uid)
      if (found.kind !== 'token') return found
      const seen = await lookAgain(found.token)
      if (seen !== 'refused') return 'kind' in seen ? seen : judge(seen)
      const what = `Vault does not know the token (${file}): it has ended, was revoked or is still wrapped`
      return { kind: 'denied', what: `${what}; type: ${replaced(file)}` }
    },
    drift: () => drift,
  }
}

/** Looked up within the hour, and not at its end since. */
function isSeenLately({ checkedAtMs, endsAtMs }: SessionMemory, nowMs: number): boolean {
  if (Math.abs(nowMs - checkedAtMs) >= lookUpEveryMs) return false
  return endsAtMs === null || endsAtMs > nowMs
}

function readToken(
  file: string,
  uid: number,
): { kind: 'token'; token: string } | { kind: 'denied'; what: string } {
  const found = readSecretFile(file, uid)
  if (found.kind === 'denied') return found
  if (found.kind === 'text' && tokenShape.test(found.text))
    return { kind: 'token', token: found.text }
  const what =
    found.kind === 'missing'
      ? `there is no Vault token (${file}): paste yours, then Enter and Ctrl-D`
      : `the token file holds no Vault token (${file}), which is one word: paste yours, then Enter and Ctrl-D`
  return { kind: 'denied', what: `${what}; type: ${replaced(file)}` }
}

async function lookUp(
  client: VaultClient,
  token: string,
  now: () => number,
): Promise<SessionMemory | 'refused' | StoreTrouble> {
  const path = 'auth/token/lookup-self'
  const reply = await client.request({ method: 'GET', path, token })
  if (reply.kind === 'reply' && reply.status === 403)
    return reply.body ? 'refused' : refusedByAnother(path)
  const isAnswer = reply.kind === 'reply' && reply.status === 200
  const seen = isAnswer ? lookedUp(reply.body, tokenHash(token), now()) : null
  return seen ?? troubleOf(reply, path)
}

async function renew(
  client: VaultClient,
  token: string,
  seen: SessionMemory,
  now: () => number,
): Promise<SessionMemory> {
  const path = 'auth/token/renew-self'
  const reply = await client.request({ method: 'POST', path, token, body: '{}' })
  const granted = reply.kind === 'reply' && reply.status === 200 ? reply.body?.['auth'] : null
  const seconds = isObject(granted) ? numberOf(granted['lease_duration']) : null
  const triedAtMs = now()
  if (seconds !== null)
    return { ...seen, endsAtMs: triedAtMs + seconds * 1000, triedAtMs, refusedAtMs: null }
  const isRefused = reply.kind === 'reply' && reply.status === 403 && reply.body !== null
  return { ...seen, triedAtMs, ...(isRefused ? { refusedAtMs: triedAtMs } : {}) }
}
