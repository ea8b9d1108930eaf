// Vault auth with this user's own token: read, looked up once an hour, renewed in time.

import { dirname } from 'node:path'
import { tokenHash } from '../../login/login.js'
import { isObject, type JsonObject, numberOf, stringOf } from '../../system/json.js'
import { hourMs } from '../../system/time.js'
import { makeTrouble, quoted, type Trouble } from '../../system/trouble.js'
import { shortDuration } from '../../text/durations.js'
import type { StoreTrouble } from '../store.js'
import type { SessionMemory, SessionOptions, SessionPerson, VaultAuth } from './auth.js'
import { readSecretFile } from './auth.js'
import type { VaultClient } from './client.js'
import { refusedByAnother, troubleOf } from './failure.js'

const lookUpEveryMs = hourMs
/** Of Vault's service and batch tokens, and of ids that an operator chose: one word. */
export const tokenShape = /^[\w.~+/-]{8,8192}={0,2}$/

/** A renewal that fails is no failure as long as the token lives. */
export function ownToken(
  client: VaultClient,
  file: string,
  { user, vaultName, uid }: SessionPerson,
  { now, known, commit, mayRenew = true }: SessionOptions,
): VaultAuth {
  let last = known
  let drift: Trouble | null = null

  /** Null when the token may be used, which is then committed. */
  const judge = (seen: SessionMemory): StoreTrouble | null => {
    const judgment = judgeToken(
      seen,
      { user, file, ...(vaultName === undefined ? {} : { vaultName }) },
      last,
      now(),
    )
    if ('trouble' in judgment) return judgment
    drift ??= judgment.drift
    if (seen !== last) commit(seen)
    last = seen
    return null
  }
  /** A new lookup of the same token keeps what was learnt about its renewal. */
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
      if (seen !== 'refused' && 'trouble' in seen) return seen
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
      if (seen !== 'refused') return 'trouble' in seen ? seen : judge(seen)
      return denied(
        'Vault does not know the token',
        file,
        'it has ended, was revoked or is still wrapped',
      )
    },
    drift: () => drift,
  }
}

/** Looked up within the hour, and not at its end since. */
function isSeenLately({ checkedAtMs, endsAtMs }: SessionMemory, nowMs: number): boolean {
  if (Math.abs(nowMs - checkedAtMs) >= lookUpEveryMs) return false
  return endsAtMs === null || endsAtMs > nowMs
}

function readToken(file: string, uid: number): { kind: 'token'; token: string } | StoreTrouble {
  const found = readSecretFile(file, uid)
  if ('trouble' in found) return found
  if (found.kind === 'text' && tokenShape.test(found.text))
    return { kind: 'token', token: found.text }
  const paste = 'paste yours, then Enter and Ctrl-D'
  return found.kind === 'missing'
    ? denied('there is no Vault token', file, paste)
    : denied('the token file holds no Vault token', file, `it is one word: ${paste}`)
}

type Denied = Extract<StoreTrouble, { kind: 'denied' }>

/** With the command that puts another token into the file. */
function denied(cause: string, file: string, advice: string | null = null): Denied {
  const command = replaced(file)
  return { kind: 'denied', trouble: makeTrouble(cause, { place: file, advice, command }) }
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

export type TokenJudgment =
  /** `drift`: what changed since it was last looked up, for a note shown once; null: nothing. */
  { kind: 'allowed'; drift: Trouble | null } | Denied

/** The user's name, and the token's file for the words. */
export interface TokenOwner {
  user: string
  /** What the user is called in Vault, where that is another name. */
  vaultName?: string
  file: string
}

const ownPolicy = 'workstation-claude-'
const inDisplayName = '-claude-auth-'
const renewAgainMs = hourMs

/**
 * May `user` use the token? Never root's, never another user's: by the display name that sites give
 * (`token-<host>-claude-auth-<user>`) or a policy `workstation-claude-<other>`. A token of which
 * nothing is known is allowed, unless its end was known and has passed. `before`: what was last seen
 * of this user's token, whichever it was.
 */
export function judgeToken(
  token: SessionMemory,
  { user, vaultName = user, file }: TokenOwner,
  before: SessionMemory | null,
  nowMs: number,
): TokenJudgment {
  const judged = (why: string): TokenJudgment => denied(`the Vault token ${why}`, file)
  if (token.policies.includes('root')) return judged('is a root token, which is never used')
  const other = otherUser(token, [user, vaultName])
  if (other !== null) return judged(`is ${other}'s, not ${user}'s`)
  if (token.endsAtMs !== null && token.endsAtMs <= nowMs)
    return judged(`ended ${shortDuration(nowMs - token.endsAtMs)} ago`)
  return { kind: 'allowed', drift: before === null ? null : drift(token, before, file) }
}

/** What `auth/token/lookup-self` said, with its end by our own clock; null for anything else. */
export function lookedUp(body: JsonObject | null, hash: string, nowMs: number) {
  const data = body?.['data']
  if (!isObject(data)) return null
  const ttl = numberOf(data['ttl'])
  const policies = names(data['policies'])
  if (ttl === null || policies === null) return null
  const hasEnd = ttl > 0 || stringOf(data['expire_time']) !== null
  return {
    hash,
    checkedAtMs: nowMs,
    isKnown: true,
    displayName: stringOf(data['display_name']) ?? '',
    policies: [...policies, ...(names(data['identity_policies']) ?? [])].sort(),
    isRenewable: data['renewable'] === true,
    endsAtMs: hasEnd ? nowMs + ttl * 1000 : null,
    lifeMs: 1000 * (numberOf(data['period']) ?? numberOf(data['creation_ttl']) ?? 0),
    triedAtMs: 0,
    lastEndAtMs: lastEndAtMs(data, nowMs),
  } satisfies SessionMemory
}

/** Vault tells it by its own clock, which its end and what is left until then give. */
function lastEndAtMs(data: JsonObject, nowMs: number): number | null {
  const [most, madeAt, ttl] = ['explicit_max_ttl', 'creation_time', 'ttl'].map(key =>
    numberOf(data[key]),
  )
  const endsAt = Date.parse(String(data['expire_time'])) / 1000
  if (!most || madeAt == null || ttl == null || Number.isNaN(endsAt)) return null
  return nowMs + 1000 * (madeAt + most - endsAt + ttl)
}

/** A token that Vault does not let look itself up: what was known of it before stands. */
export function notLookedUp(
  before: SessionMemory | null,
  hash: string,
  nowMs: number,
): SessionMemory {
  const blank = { displayName: '', policies: [], endsAtMs: null, lifeMs: 0, triedAtMs: 0 }
  const about = { ...blank, isRenewable: false, ...before }
  return { ...about, hash, checkedAtMs: nowMs, isKnown: false }
}

/** Is less than half of its period (or life) left, and was it not tried just now? */
export function isRenewalDue(token: SessionMemory, nowMs: number): boolean {
  const { endsAtMs, lifeMs, triedAtMs } = token
  if (Math.abs(nowMs - triedAtMs) < Math.min(renewAgainMs, lifeMs / 10)) return false
  return token.isRenewable && endsAtMs !== null && endsAtMs - nowMs < lifeMs / 2
}

/** The command that puts another token into the file. After `su` from root's terminal, /dev/stdin can't be opened again. */
function replaced(file: string): string {
  // Made again: one that is there may be open to others.
  return `(umask 077; mkdir -p ${quoted(dirname(file))}; rm -f ${quoted(file)}; cat > ${quoted(file)})`
}

function otherUser({ displayName, policies }: SessionMemory, own: string[]): string | null {
  const named = displayName.toLowerCase()
  const at = named.lastIndexOf(inDisplayName)
  const owner = named.slice(at + inDisplayName.length)
  const isOwn = own.some(each => named.endsWith(`${inDisplayName}${asNamed(each)}`))
  if (named.startsWith('token-') && at > 0 && !isOwn) return owner
  const mine = own.map(each => `${ownPolicy}${each.toLowerCase()}`)
  // Beside the user's own it may be one for all.
  if (policies.some(each => mine.includes(each))) return null
  const foreign = policies.find(each => each.startsWith(ownPolicy))
  return foreign?.slice(ownPolicy.length) ?? null
}

/** As Vault writes a name into a display name: all but letters, digits and dashes become dashes, none at the end. */
function asNamed(user: string): string {
  return user
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/-$/, '')
}

function drift(token: SessionMemory, before: SessionMemory, file: string): Trouble | null {
  if (!token.isKnown || !before.isKnown) return null
  if (token.displayName !== before.displayName)
    return makeTrouble('the Vault token has another name', {
      place: file,
      advice: `${token.displayName}, before ${before.displayName}`,
    })
  const [was, is] = [before, token].map(({ policies }) => policies.join(', '))
  if (was === is) return null
  return makeTrouble('the policies of the Vault token changed', {
    place: file,
    advice: `from ${was || 'none'} to ${is || 'none'}`,
  })
}

function names(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null
  return value.flatMap(each => (typeof each === 'string' ? [each.toLowerCase()] : []))
}
