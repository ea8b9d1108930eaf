// The world of the model: what lies on disk, in the document and at the authority. Values are replaced, never changed.

import type { Login } from '../../../src/login/login.js'
import { emptyMemory, type Memory } from '../../../src/login/memory.js'
import type { Custody } from '../../../src/policy/outcome.js'
import type { StoredLogin } from '../../../src/store/document.js'
import type { StoreRead } from '../../../src/store/store.js'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs

/** The login file. */
export type ModelFile =
  | { kind: 'missing' }
  | { kind: 'blank'; atMs: number }
  | { kind: 'login'; login: Login; atMs: number }

export type Holder = 'none' | 'ours' | 'dead' | 'client'

/** The token endpoint's answer: a successor's number, or a refusal. */
export type Reply = { kind: 'rotated'; token: number } | { kind: 'refused' }

/** One login folder on one host. */
export interface Host {
  file: ModelFile
  memory: Memory
  /** The sealed store: the store itself, or the copy of the shared document. */
  sealed: { stored: StoredLogin; version: number } | null
  aside: readonly number[]
  answer: { parent: string; atMs: number; reply: Reply | null } | null
  /** What the run in the gate has been sent by the authority and has not saved yet. */
  air: Reply | null
  refreshLock: Holder
  storageLock: Holder
  /** The log-out mark, and how far the client's own log-out is. */
  mark: number
  person: 'in' | 'leaving' | 'out'
  /** Runs that wait for the gate; the one inside stands at a step, 0: nobody. */
  waiting: number
  step: number
  /** The run's own: what the store said, what was tried, when it announced. */
  asked: StoreRead | null
  tried: readonly string[]
  announcedMs: number
  intents: number
  client: Client | null
}

/** A bare client that refreshes: `old` saves whatever is there, `new` only over what it posted. */
export interface Client {
  kind: 'old' | 'new'
  at: 'locking' | 'reading' | 'posting' | 'storing' | 'saving' | 'leaving'
  posts: number
  reply: Reply | null
}

/** What may still happen from outside: each at most so often. */
export interface Budget {
  crashes: number
  refreshes: number
  /** Answers that are lost, and 5xx. */
  faults: number
  /** Four hours: half of a token's life. */
  ticks: number
  /** Six minutes: longer than an intent or a pause. */
  pauses: number
  signIns: number
  logOuts: number
  /** Times that the shared document goes away. */
  outages: number
}

export interface World {
  ms: number
  hosts: readonly Host[]
  /** By number: whose login it is, spent or not, when its access token ends. */
  tokens: readonly { family: number; spent: boolean; endsAtMs: number }[]
  /** Is the sign-in good at the server? */
  families: readonly boolean[]
  document: { data: Record<string, unknown>; version: number; atMs: number } | null
  away: boolean
  budget: Budget
  /** Why the newest refresh token may be gone: nothing is promised from here on. Empty: it may not. */
  lost: string
  /** A property that does not hold, told by the step that broke it. */
  broken: string
}

export interface Setting {
  custody: Custody
  hosts: 1 | 2
}

/** What a step sees: `h` is its own copy of the host `i`. */
export interface View {
  w: World
  h: Host
  i: number
  custody: Custody
  isShared: boolean
}

export const emptyHost: Host = {
  file: { kind: 'missing' },
  memory: { ...emptyMemory },
  sealed: null,
  aside: [],
  answer: null,
  air: null,
  refreshLock: 'none',
  storageLock: 'none',
  mark: 0,
  person: 'in',
  waiting: 0,
  step: 0,
  asked: null,
  tried: [],
  announcedMs: 0,
  intents: 0,
  client: null,
}

export const nothing: Budget = {
  crashes: 0,
  refreshes: 0,
  faults: 0,
  ticks: 0,
  pauses: 0,
  signIns: 0,
  logOuts: 0,
  outages: 0,
}

export const firstMs = 1_800_000_000_000
export const lifeMs = 8 * hourMs
const dayMs = 24 * hourMs

/** The tokens of number `n` as a login; its numbers are in its words. */
export function loginOf(w: World, n: number): Login {
  const { family, endsAtMs } = w.tokens[n] ?? { family: 0, endsAtMs: 0 }
  const loginEndsAtMs = firstMs + 30 * dayMs + family * hourMs
  const scopes = ['user:inference']
  return {
    accessToken: `a${n}`,
    refreshToken: `r${n}`,
    expiresAtMs: endsAtMs,
    loginEndsAtMs,
    scopes,
    fields: {},
  }
}

/** The number of an access or refresh token; 0 for none. */
export function numberOf(token: string | null | undefined): number {
  return token ? Number(token.slice(1)) : 0
}

/** A new pair of tokens of `family`, as the authority makes it. */
export function mint(w: World, family: number): number {
  w.tokens = [...w.tokens, { family, spent: false, endsAtMs: w.ms + lifeMs }]
  return w.tokens.length - 1
}

/** What the token endpoint does with the refresh token `n`: single use, reuse ends the sign-in. */
export function post(w: World, n: number): Reply | 'reuse' {
  const token = w.tokens[n]
  if (!token || !w.families[token.family]) return { kind: 'refused' }
  if (token.spent) {
    endFamily(w, token.family)
    return 'reuse'
  }
  w.tokens = w.tokens.map((each, at) => (at === n ? { ...each, spent: true } : each))
  return { kind: 'rotated', token: mint(w, token.family) }
}

export function endFamily(w: World, family: number) {
  w.families = w.families.map((isLive, at) => (at === family ? false : isLive))
}

/** Does the server accept the access token `n`? */
export function accepts(w: World, n: number): boolean {
  const token = w.tokens[n]
  return token !== undefined && w.families[token.family] === true && token.endsAtMs > w.ms
}

/** The numbers of all refresh tokens that a host can find again, at home or in the document. */
export function copiesAt(w: World, h: Host): number[] {
  const { file, sealed, answer, client, aside } = h
  return [
    file.kind === 'login' ? numberOf(file.login.refreshToken) : 0,
    numberOf(sealed?.stored.login?.refreshToken),
    answer?.reply?.kind === 'rotated' ? answer.reply.token : 0,
    client?.reply?.kind === 'rotated' ? client.reply.token : 0,
    ...aside,
    inDocument(w),
  ]
}

export function inDocument({ document }: World): number {
  const text = document?.data['claude_ai_oauth_json']
  const found =
    typeof text === 'string' && text !== '' ? /"refreshToken":"r(\d+)"/.exec(text) : null
  return Number(found?.[1] ?? 0)
}

/** The newest refresh token of the last sign-in. */
export function newest({ tokens, families }: World): number {
  return tokens.findLastIndex(({ family, spent }) => family === families.length - 1 && !spent)
}
