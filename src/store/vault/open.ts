// Vault as a store: client, session, document, the sealed copy and the custom metadata put together. Asks nothing before it is
// used.

import type { Network } from '../../anthropic/http.js'
import type { Misfit } from '../../config/problem.js'
import type { VaultConfig } from '../../config/vault.js'
import { readBounded } from '../../system/open-file.js'
import { makeTrouble, quoted } from '../../system/trouble.js'
import { distrustedWay } from '../../system/trusted-path.js'
import type { Annotated, SharedDocument, Store, StoreTrouble } from '../store.js'
import { readSecretFile, type SessionOptions, type SessionPerson } from './auth.js'
import { type VaultClient, type VaultReply, type VaultRequest, vaultClient } from './client.js'
import { vaultDocument } from './document.js'
import { isVaults } from './failure.js'
import { type VaultSession, vaultSession } from './session.js'
import { vaultStore } from './store.js'

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
