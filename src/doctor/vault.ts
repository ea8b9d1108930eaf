// Checks of Vault: access to it, isolation from other users, and the long-lived token in this user's document.

import { type Listener, listenerFor } from '../anthropic/loopback.js'
import type { VaultConfig } from '../config/vault.js'
import type { Run } from '../engine/run.js'
import { recordMemoriesIn } from '../fleet/publish.js'
import { recordKey } from '../fleet/record.js'
import { readJournal } from '../login/journal.js'
import { readMemory } from '../login/memory.js'
import type { StoreTrouble } from '../store/store.js'
import { type SessionMemory, sessionMemoryIn } from '../store/vault/auth.js'
import { fileTrouble, openSession } from '../store/vault/store.js'
import { judgeToken } from '../store/vault/token-auth.js'
import { dayMs } from '../system/time.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { agoWords, spanWords } from '../text/durations.js'
import { troubleIn, troubleSentence } from '../text/trouble.js'
import { causeOf, type Finding, found, ok, shown, troubleWords, words } from './check.js'
import type { EngineFacts } from './engine-facts.js'
import type { LoginFacts } from './login-facts.js'
import {
  type Capabilities,
  capabilitiesOf,
  type Isolation,
  isolationOf,
  othersOf,
  renewalPath,
} from './vault-isolation.js'

/** The Vault administrator needs some days to issue another token. */
const nearEndMs = 7 * dayMs

type Both = { login: LoginFacts; engine: EngineFacts }

/** The Vault token: whose it is, how long it lasts, and what changed. */
export function vaultToken(
  vault: VaultAccess,
  { nowMs }: EngineFacts,
  { vaultSecret, place }: LoginFacts,
): Finding | null {
  const { trouble, token, drift, earlierDrift, config } = vault
  if (trouble !== null) {
    const isOpen = vaultSecret?.uid === place.person.uid && (vaultSecret.mode & 0o077) !== 0
    const fix = { do: 'chmod', path: vaultSecret?.path ?? '', mode: 0o600 } as const
    return found('fail', troubleWords(trouble.trouble), ...(isOpen ? [fix] : []))
  }
  if (drift !== null) return found('warn', vaultWords.drift(drift))
  if (token === null)
    return config.auth.method === 'jwt' && vault.isolation ? ok(vaultWords.jwt) : null
  const lasting = howLong(token, nowMs)
  if (earlierDrift === null || lasting.state !== 'ok') return lasting
  return found('note', vaultWords.earlierDrift(earlierDrift.trouble, earlierDrift.atMs, nowMs))
}

/** Without TLS, any user who takes the port while Vault is down would receive the token. */
export function vaultTls({ config, plainListener }: VaultAccess): Finding | null {
  if (plainListener === null) return null
  if (plainListener.kind === 'foreign')
    return found('fail', vaultWords.strangersPort(config.address))
  return found('note', vaultWords.withoutTls(config.address))
}

function howLong(token: SessionMemory, nowMs: number): Finding {
  if (!token.isKnown) return ok(vaultWords.unknown)
  const { endsAtMs, isRenewable, refusedAtMs = null, lastEndAtMs = null } = token
  if (endsAtMs === null) return ok(vaultWords.endless)
  if (!isRenewable) return found('warn', vaultWords.notRenewable(endsAtMs, nowMs))
  if (refusedAtMs !== null) return found('warn', vaultWords.notRenewed(endsAtMs, nowMs))
  if (lastEndAtMs === null) return ok(vaultWords.period(endsAtMs, nowMs))
  const isNear = lastEndAtMs - nowMs < nearEndMs
  return found(isNear ? 'warn' : 'note', vaultWords.lastEnd(lastEndAtMs, nowMs))
}

/** Proved by requesting other users' documents. */
export function vaultIsolation({ isolation }: VaultAccess): Finding | null {
  if (isolation === null) return null
  if (isolation.kind === 'refused')
    return ok(vaultWords.isolated(isolation.paths, isolation.byReadingAlone))
  if (isolation.kind === 'open')
    return found('fail', vaultWords.open(isolation.path, isolation.can))
  return found('note', isolation.kind === 'silent' ? vaultWords.silent : vaultWords.onePath)
}

/** Whether the admin of the site can read the state of this login. */
export function fleetRecord({ run, place }: LoginFacts): Finding | null {
  const { config, person, memory, now } = run
  const { publish, path } = config.fleet
  if (!publish || !place.owned) return null
  if (path === null) return found('note', vaultWords.noRecordPath)
  const last = recordMemoriesIn(memory.records)[recordKey(person.host, config.profile)]
  if (last === undefined) return null
  if (last.refusedAtMs !== null)
    return found('note', vaultWords.recordRefused(path, last.refusedAtMs, now()))
  if (last.publishedAtMs === null) return null
  return ok(vaultWords.recordPublished(last.publishedAtMs, now()))
}

/** A long-lived token that is not used. */
export function setupToken({ login, engine }: Both): Finding | null {
  const kept = engine.store?.kind === 'current' ? engine.store.stored.setupToken : null
  if (kept === null || login.run.config.credential === 'long-lived') return null
  return found('note', vaultWords.unusedToken)
}

/** A long-lived token without a recorded owner: the server can't be asked for it. */
export function identityUnproved({ login, engine }: Both): Finding | null {
  const kept = engine.store?.kind === 'current' ? engine.store.stored.setupToken : null
  if (kept === null || login.run.config.credential !== 'long-lived') return null
  return kept.identity === null ? found('warn', vaultWords.unproved) : null
}

/** What doctor says about Vault: its address, the Vault token, and what other users' documents do with it. */
const vaultWords = {
  withoutTls: (address: string) =>
    words(
      `Vault has no TLS (${clean(address, 200)}): a token is sent there only while the server is known to belong to root or you.`,
    ),
  strangersPort: (address: string) =>
    words(
      `Another user's server answers at ${clean(address, 200)}, so no token is sent: have Vault listen with TLS and set vault.address to https://.`,
    ),
  period: (endMs: number, nowMs: number) =>
    `The Vault token is good for ${spanWords(endMs, nowMs)} and is renewed when used.`,
  endless: 'The Vault token does not expire.',
  unknown: 'The Vault token works; its policies do not allow lookup-self.',
  jwt: 'The JWT opens a session.',
  notRenewable: (endMs: number, nowMs: number) =>
    words(
      `The Vault token cannot be renewed and ends in ${spanWords(endMs, nowMs)}: ask the Vault administrator for a periodic one.`,
    ),
  notRenewed: (endMs: number, nowMs: number) =>
    words(
      `Vault refuses to renew the Vault token, which ends in ${spanWords(endMs, nowMs)}: ask the Vault administrator for renew-self in its policy.`,
    ),
  lastEnd: (endMs: number, nowMs: number) =>
    words(
      `The Vault token is renewed when used, but not beyond ${spanWords(endMs, nowMs)} from now (explicit_max_ttl): ask the Vault administrator for a periodic one.`,
    ),
  drift: (trouble: Trouble) =>
    words(
      `${clean(troubleSentence(trouble), 400)}: ask the Vault administrator whether that is intended.`,
    ),
  earlierDrift: (trouble: Trouble, atMs: number, nowMs: number) =>
    words(
      `${causeOf(trouble)} (${agoWords(atMs, nowMs)}): ask the Vault administrator whether that is intended.`,
      'claude-auth log --since 7d',
    ),
  isolated: (paths: number, byReadingAlone: boolean) => {
    const tried = `${paths === 1 ? 'one was' : `${paths} were`} tried`
    return `Others' documents are refused to your token (${tried}${byReadingAlone ? ', by reading alone' : ''}).`
  },
  open: (path: string, can: string[]) =>
    words(
      `Your Vault token opens another user's document (${can.map(each => clean(each, 20)).join(', ')} at ${shown(path)}): tell the Vault administrator.`,
      null,
    ),
  silent: words('Vault gave no answer about the documents of others.'),
  onePath: words("The path in Vault names no user, so there are no other users' documents."),
  recordPublished: (atMs: number, nowMs: number) =>
    `The health record of this login was published ${agoWords(atMs, nowMs)}.`,
  recordRefused: (path: string, atMs: number, nowMs: number) =>
    words(
      `Vault does not let this login publish its health record (${shown(path)}, tried ${agoWords(atMs, nowMs)}): ask the Vault administrator for create, read and patch on it.`,
      'claude-auth ensure --force',
    ),
  noRecordPath: words(
    'Your name is not allowed in a Vault path, so no health record of this login is published.',
  ),
  unusedToken: words(
    'A long-lived token (setup_token) is unused in the document; credential: long-lived would use it.',
  ),
  unproved: words(
    'The owner of the long-lived token was never recorded, and the server cannot be asked: mint a new one.',
    'claude-auth login --long-lived',
  ),
}

/** The session with Vault, and whether it opens documents of other users. */
export interface VaultAccess {
  config: VaultConfig
  /** The token or JWT is what keeps us out. */
  trouble: StoreTrouble | null
  /** As Vault says of it now; null for a JWT, and where it could not be asked. */
  token: SessionMemory | null
  /** What changed since an earlier run looked it up. */
  drift: Trouble | null
  /** The last change that a run saw, if it was within some days. */
  earlierDrift: { trouble: Trouble; atMs: number } | null
  isolation: Isolation | null
  /** The listener at an address without TLS; null with TLS. */
  plainListener: Listener | null
}

/** As the journal calls a change of our access, the second in an earlier version. */
const accessDeeds: readonly string[] = ['store-access', 'vault-token']
const driftKeptMs = 7 * dayMs

/** Null fields where there is no Vault to ask: offline, where only its files are looked at, or `store` is another. */
export async function vaultAccess(
  { run, place }: LoginFacts,
  { store }: EngineFacts,
): Promise<VaultAccess> {
  const config = run.config.vault
  if (config === null) throw new Error('no Vault is configured')
  const earlierDrift = earlierDriftOf(run)
  const plainListener = listenerFor(config.address, run.person.uid)
  const empty = { trouble: null, token: null, drift: null, isolation: null }
  const nothing = { config, earlierDrift, plainListener, ...empty }
  if (!place.owned) return nothing
  if (run.offline) return { ...nothing, trouble: fileTrouble(config, run.person.uid) }
  const { network, person, memory } = run
  const options = {
    now: run.now,
    known: sessionMemoryIn(memory.storeSession),
    mayRenew: false,
    commit: () => undefined,
    expectedEmail: run.config.identity.email,
  }
  const opened = openSession(config, { network, person, session: options })
  if ('kind' in opened) return { ...nothing, trouble: opened }
  const { client, session } = opened
  const way = await session.token()
  if (way.kind !== 'open') return { ...nothing, trouble: way.kind === 'denied' ? way : null }
  const isDenied = (trouble: unknown) => (trouble as StoreTrouble | null)?.kind === 'denied'
  const refused = isDenied(store) || (store?.kind === 'current' && isDenied(store.away))
  const why = refused ? await session.whyRefused() : null
  if (why !== null) return { ...nothing, trouble: why }

  const saved = readMemory(place.paths.stateFile, { orEmpty: true })
  const before = sessionMemoryIn(saved.storeSession)
  const now = sessionMemoryIn(run.memory.storeSession)
  const ask = { client, token: way.token }
  const others = othersOf(run, config)
  const capabilities = await capabilitiesOf(ask, others, config)
  return {
    ...nothing,
    token:
      config.auth.method === 'token' ? withRefusal(now, before, capabilities, run.now()) : null,
    drift: driftOf(run, now, before, config),
    isolation: await isolationOf(ask, others, config, capabilities),
  }
}

/** That Vault refuses to renew it, a run that tried knows, or Vault says so itself. */
function withRefusal(
  token: SessionMemory | null,
  before: SessionMemory | null,
  capabilities: Capabilities | null,
  nowMs: number,
): SessionMemory | null {
  if (token === null) return null
  const refusedAtMs = token.hash === before?.hash ? (before.refusedAtMs ?? null) : null
  const isDenied = capabilities?.[renewalPath]?.includes('deny') === true
  return { ...token, refusedAtMs: isDenied ? nowMs : refusedAtMs }
}

function driftOf(
  run: Run,
  token: SessionMemory | null,
  before: SessionMemory | null,
  { auth, vaultName }: VaultConfig,
): Trouble | null {
  if (token === null || before === null || auth.method !== 'token') return null
  const owner = { user: run.person.user, vaultName, file: auth.tokenFile }
  const judged = judgeToken(token, owner, before, run.now())
  return judged.kind === 'allowed' ? judged.drift : null
}

/** A run says it once, and possibly to no one. */
function earlierDriftOf({ paths, now }: Run): VaultAccess['earlierDrift'] {
  const { lines } = readJournal(paths.journal)
  const last = lines.findLast(({ entry }) => accessDeeds.includes(entry.did))
  if (last?.entry.detail === undefined || now() - last.atMs > driftKeptMs) return null
  const trouble = troubleIn(last.entry.detail)
  return trouble === undefined ? null : { trouble, atMs: last.atMs }
}
