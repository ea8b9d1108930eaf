// Vault as a store: the shared document and the sealed copy of it on this machine, with client, session and custom metadata. Asks
// nothing before it is used.

import type { Network } from '../../anthropic/http.js'
import type { Misfit } from '../../config/problem.js'
import type { VaultConfig } from '../../config/vault.js'
import { relation } from '../../login/lineage.js'
import { tokenHash } from '../../login/login.js'
import { readBounded } from '../../system/open-file.js'
import { makeTrouble, quoted, type Trouble, unlessBug } from '../../system/trouble.js'
import { distrustedWay } from '../../system/trusted-path.js'
import { fromDocument, type StoredLogin, toDocument } from '../document.js'
import {
  type Annotated,
  type DocumentRead,
  fromHere,
  type SharedDocument,
  type Store,
  type StoreRead,
  type StoreTrouble,
} from '../store.js'
import { readSecretFile, type SessionOptions, type SessionPerson } from './auth.js'
import { type VaultClient, type VaultReply, type VaultRequest, vaultClient } from './client.js'
import { vaultDocument } from './document.js'
import { isVaults } from './failure.js'
import { type VaultSession, vaultSession } from './session.js'

export interface VaultParts {
  network: Network
  person: SessionPerson
  session: SessionOptions
  /** The sealed copy on this machine. */
  cache: Store
  /** No network at all: the sealed copy is all there is. */
  offline: boolean
}

/** The store that `config` names. Trouble with it is a value of its methods, never thrown here. */
export function openVault(config: VaultConfig, parts: VaultParts): Store {
  const { document, ...ofServer } = parts.offline ? closed(notAsked) : onServer(config, parts)
  return vaultStore(document, parts.cache, { isShared: !config.isPerHost, ...ofServer })
}

/**
 * The sealed copy alone, where no document can be named for this user, as one of `misfits` tells. `isShared`: it could
 * be once, so that other hosts may use it.
 */
export function unnamedVault(misfits: readonly Misfit[], cache: Store, isShared: boolean): Store {
  const found = misfits.find(({ key }) => /^(?:vault\b|store$)/.test(key))
  const { what: place = 'store: vault', hint: command = 'claude-auth doctor' } = found ?? {}
  const trouble = makeTrouble('no document in Vault can be named for you', { place, command })
  const { document, drift } = closed({ kind: 'denied', trouble })
  return vaultStore(document, cache, { isShared, drift })
}

const authorityMaxBytes = 1024 * 1024

const notAsked: StoreTrouble = {
  kind: 'unreachable',
  trouble: makeTrouble('Vault was not asked', { place: '--offline' }),
}

interface Opened extends Pick<Store, 'drift' | 'annotate'> {
  document: SharedDocument
}

function onServer(config: VaultConfig, parts: VaultParts): Opened {
  const opened = openSession(config, parts)
  if ('kind' in opened) return closed(opened)
  const { client, session } = opened
  const { mount } = config
  return {
    document: vaultDocument(client, session, config),
    drift: session.drift,
    annotate: (path, entries) => annotateIn(client, session, { mount, path }, entries),
  }
}

/** Client and session of the server that `config` names; asks nothing. Trouble: `vault.caCert` can't be read. */
export function openSession(
  config: VaultConfig,
  { network, person, session: options }: Pick<VaultParts, 'network' | 'person' | 'session'>,
): { client: VaultClient; session: VaultSession } | StoreTrouble {
  const authority = readAuthority(config.caCert)
  if ('kind' in authority) return authority
  const { address, namespace, timeoutMs } = config
  const client = vaultClient({ address, namespace, timeoutMs, network, caCert: authority.pem })
  return { client, session: vaultSession(client, config.auth, person, options) }
}

function closed(trouble: StoreTrouble): Opened {
  const document = { read: async () => trouble, change: async () => trouble }
  return { document, drift: () => null }
}

/** What keeps us from reading the files that `config` names (authority, token or JWT); null: nothing, or they are missing. */
export function fileTrouble({ caCert, auth }: VaultConfig, uid: number): StoreTrouble | null {
  const authority = readAuthority(caCert)
  if ('kind' in authority) return authority
  const secret = readSecretFile(auth.method === 'jwt' ? auth.jwtFile : auth.tokenFile, uid)
  return 'trouble' in secret ? secret : null
}

/** The PEM text of the file, trusted or refused with the trouble. */
export function readAuthority(path: string | null): { pem: string | null } | StoreTrouble {
  if (path === null) return { pem: null }
  const denied = (cause: string, place: string): StoreTrouble => ({
    kind: 'denied',
    trouble: makeTrouble(cause, { place, command: `ls -l ${quoted(path)}` }),
  })
  const distrusted = distrustedWay(path, process.geteuid?.() ?? -1)
  if (distrusted !== null)
    return {
      kind: 'denied',
      trouble: makeTrouble('vault.caCert is not trusted', {
        advice: distrusted.message,
        command: distrusted.hint,
      }),
    }
  const read = readBounded(path, { maxBytes: authorityMaxBytes })
  if (read.kind === 'read') return { pem: read.bytes.toString() }
  return read.kind === 'missing'
    ? denied("vault.caCert can't be read", `${path}: ENOENT`)
    : denied(`vault.caCert ${read.why}`, path)
}

/**
 * Puts `entries` at `path` inside `mount`; null takes one out. One request (PATCH), and where nothing is at the path yet, a second one
 * that makes it, which a policy without `update` refuses to the host that comes second: then the first is asked again. No request is spent
 * to find out why.
 */
export async function annotateIn(
  client: VaultClient,
  session: Pick<VaultSession, 'token'>,
  { mount, path }: { mount: string; path: string },
  entries: Readonly<Record<string, string | null>>,
): Promise<Annotated> {
  const opened = await session.token()
  if (opened.kind !== 'open') return 'failed'
  const { token } = opened
  const body = JSON.stringify({ custom_metadata: entries })
  const at = `${mount}/metadata/${path}`
  const ask = (method: VaultRequest['method']) => client.request({ method, path: at, token, body })

  const patched = await ask('PATCH')
  if (!isAbsent(patched)) return ended(patched)
  // What is not there need not be taken out.
  if (Object.values(entries).every(value => value === null)) return 'done'
  const made = ended(await ask('POST'))
  return made === 'refused' ? ended(await ask('PATCH')) : made
}

function isAbsent(reply: VaultReply): boolean {
  return reply.kind === 'reply' && reply.status === 404
}

function ended(reply: VaultReply): Annotated {
  if (reply.kind !== 'reply') return 'failed'
  if (reply.status === 204 || reply.status === 200) return 'done'
  return reply.status === 403 && isVaults(reply) ? 'refused' : 'failed'
}

/**
 * A store in which `document` counts and `cache` (the local store) is safe at once. Reading gives
 * whichever login is newer by lineage, and the sealed copy while the document is away. Writing goes
 * to both; `written` means that the document has it. `isShared`: other hosts may use the document.
 */
export function vaultStore(
  document: SharedDocument,
  cache: Store,
  { isShared, ...ofServer }: Pick<Store, 'isShared' | 'drift' | 'annotate'>,
): Store {
  const keep: Store['write'] = async stored => {
    const there = await cache.read()
    if (there.kind === 'unreachable' || there.kind === 'denied') return there
    if (there.kind === 'current' && isSame(there.stored, stored))
      return { kind: 'written', version: there.version }
    return cache.write(stored, there.version)
  }
  return {
    kind: 'vault',
    label: 'Vault',
    isRemote: true,
    isShared,
    ...ofServer,
    read: async () => {
      const [found, kept] = await Promise.all([document.read(), cache.read()])
      return together(found, kept)
    },
    write: async (stored, expected) => {
      // A full disk must not keep a login from the document.
      await keep(stored, expected).catch(unlessBug)
      return document.change(toDocument(stored), expected)
    },
    change: document.change,
    keep: stored => keep(stored, 0),
  }
}

function isSame(one: StoredLogin, other: StoredLogin): boolean {
  return (
    one.login?.accessToken === other.login?.accessToken &&
    one.login?.refreshToken === other.login?.refreshToken &&
    one.signedOutAtMs === other.signedOutAtMs
  )
}

function together(found: DocumentRead, kept: StoreRead): StoreRead {
  const copy = kept.kind === 'current' ? kept.stored : null
  const cached = { kind: 'current', ageMs: null, isCached: true } as const
  if (found.kind === 'unreachable' || found.kind === 'denied')
    return copy ? { ...cached, stored: copy, version: 0, away: found } : found
  const { version } = found
  const stored = found.kind === 'current' ? fromDocument(found.document) : null
  const damaged = damageOf(found, stored)
  if (copy?.login && (stored === null || isNewer(copy, stored))) {
    const ageMs = found.kind === 'current' ? found.ageMs : null
    return { ...fromHere(copy, stored, version, ageMs), ...damaged }
  }
  if (found.kind === 'empty') return found
  if (stored === null) return { kind: 'empty', version, ...damaged }
  const behind = copy === null ? {} : { behind: copy }
  return { ...found, stored, isCached: false, away: null, ...behind }
}

const unusable = makeTrouble('the document in Vault holds no login that can be read')

/** What became of the newest version, where it held something and holds no login now. */
function damageOf(
  found: Exclude<DocumentRead, StoreTrouble>,
  stored: StoredLogin | null,
): { damaged?: Trouble } {
  if (found.kind === 'empty') return found.damaged === undefined ? {} : { damaged: found.damaged }
  return stored === null && isUsed(found.document) ? { damaged: unusable } : {}
}

function isUsed(document: Record<string, unknown>): boolean {
  const text = document['claude_ai_oauth_json']
  return text !== undefined && text !== null && text !== ''
}

/** Is the copy on this machine newer than what the document holds? By time only where a lineage is missing. */
function isNewer(copy: StoredLogin, stored: StoredLogin): boolean {
  if (copy.login === null) return false
  if (stored.login === null) return stored.signedOutAtMs === null || isAnother(copy, stored)
  if (copy.login.accessToken === stored.login.accessToken) return false
  const { lineage } = copy
  if (lineage === null || stored.lineage === null) {
    const { refreshToken } = stored.login
    if (refreshToken !== null && lineage?.chain.includes(tokenHash(refreshToken)))
      return lineage.chain.at(-1) !== tokenHash(refreshToken)
    return (copy.login.expiresAtMs ?? 0) > (stored.login.expiresAtMs ?? 0)
  }
  const related = relation(lineage, stored.lineage)
  return related === 'unrelated'
    ? lineage.signedInAtMs > stored.lineage.signedInAtMs
    : related === 'mine-newer'
}

/** A log-out applies to one sign-in and its renewals, regardless of the clocks of two hosts. */
function isAnother({ lineage }: StoredLogin, loggedOut: StoredLogin): boolean {
  if (lineage === null || loggedOut.lineage === null) return false
  const { chain } = loggedOut.lineage
  const isShared = lineage.chain.some(hash => chain.includes(hash))
  return !isShared && relation(lineage, loggedOut.lineage) === 'unrelated'
}
