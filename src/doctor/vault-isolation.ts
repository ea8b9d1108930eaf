// Whether the session with Vault opens documents of other users: by their capabilities where Vault lists them, else by reading.

import { rosterUsers } from '../config/roster.js'
import type { VaultConfig } from '../config/vault.js'
import type { Run } from '../engine/run.js'
import type { VaultClient, VaultReply } from '../store/vault/client.js'
import { isObject } from '../system/json.js'
import { textAt } from '../system/open-file.js'

/** What came of asking for other users' documents. `silent`: Vault gave no answer about them. */
export type Isolation =
  /** `byReadingAlone`: the policy does not list capabilities, so write access was not checked. */
  | { kind: 'refused'; paths: number; byReadingAlone: boolean }
  /** `can`: what Vault lets the token do there. */
  | { kind: 'open'; path: string; can: string[] }
  | { kind: 'silent' }
  /** The configured path names no user, so there are no other users' documents. */
  | { kind: 'one-path' }

/** Client and token of the session. */
export interface Ask {
  client: VaultClient
  token: string
}

/** What the token may do at each path that was asked about. */
export type Capabilities = Record<string, string[]>

export const renewalPath = 'auth/token/renew-self'

/** Each is one request. */
const mostRead = 20
/** All of them are one request. */
const mostAsked = 1_000

/**
 * The paths of others' documents: users of the roster first, then of this machine, and one that nobody
 * has, since a policy that opens all opens that too. Null: the path names no user.
 */
export function othersOf(
  { config, person }: Run,
  { path, vaultName }: VaultConfig,
): string[] | null {
  const parts = path.split('/')
  if (!parts.includes(vaultName)) return null
  const isNumber = vaultName === String(person.uid)
  const listed = config.roster === null || isNumber ? [] : rosterUsers(config.roster.file)
  const names = [...new Set([...listed, ...peopleHere(isNumber)])].filter(
    name => name !== vaultName && name !== person.user && /^[a-z0-9][a-z0-9._-]*$/.test(name),
  )
  // It is read, too, however many there are.
  names.splice(mostRead - 1, 0, 'claude-auth-nobody')
  return names
    .slice(0, mostAsked)
    .map(other => parts.map(part => (part === vaultName ? other : part)).join('/'))
}

/** What Vault says the token may do, without its being done; null: its policy does not let it ask. */
export async function capabilitiesOf(
  { client, token }: Ask,
  others: readonly string[] | null,
  { mount }: VaultConfig,
): Promise<Capabilities | null> {
  const documents = (others ?? []).flatMap(path => [
    `${mount}/data/${path}`,
    `${mount}/metadata/${path}`,
  ])
  const body = JSON.stringify({ paths: [renewalPath, ...documents] })
  const reply = await client.request({
    method: 'POST',
    path: 'sys/capabilities-self',
    token,
    body,
  })
  return toldBy(reply)
}

/**
 * Requests the documents of others with our own token. The content of an answer is discarded with
 * it: only its status is looked at.
 */
export async function isolationOf(
  { client, token }: Ask,
  others: readonly string[] | null,
  { mount }: VaultConfig,
  capabilities: Capabilities | null,
): Promise<Isolation> {
  if (others === null) return { kind: 'one-path' }
  for (const path of others) {
    const can = mayDo(capabilities, mount, path)
    if (can.length > 0) return { kind: 'open', path, can }
  }
  let paths = 0
  for (const path of others.slice(0, mostRead)) {
    const reply = await client.request({ method: 'GET', path: `${mount}/data/${path}`, token })
    // One that hangs would do so each time.
    if (reply.kind !== 'reply') break
    if (reply.status === 200 || reply.status === 404) return { kind: 'open', path, can: ['read'] }
    if (reply.status === 403) paths += 1
  }
  if (paths === 0) return { kind: 'silent' }
  const byReadingAlone = capabilities === null
  return { kind: 'refused', paths: byReadingAlone ? paths : others.length, byReadingAlone }
}

/** Anything at the document itself; of its metadata, which holds no login, what changes it. */
function mayDo(capabilities: Capabilities | null, mount: string, path: string): string[] {
  const at = (kind: string) => capabilities?.[`${mount}/${kind}/${path}`] ?? []
  const harmless = ['deny', 'read', 'list']
  const data = at('data').filter(each => each !== 'deny')
  const metadata = at('metadata').filter(each => !harmless.includes(each))
  return [...new Set([...data, ...metadata])]
}

function toldBy(reply: VaultReply): Capabilities | null {
  const data = reply.kind === 'reply' && reply.status === 200 ? reply.body?.['data'] : null
  if (!isObject(data)) return null
  const told = Object.entries(data).flatMap(([path, can]) =>
    Array.isArray(can) ? [[path, can.map(String)] as const] : [],
  )
  return Object.fromEntries(told)
}

/** Names, or numbers, of the password file; those of a directory service are not looked for. */
function peopleHere(asNumbers: boolean): string[] {
  // Without it no user is known, and only the name that no one has is requested.
  const text = textAt('/etc/passwd', { maxBytes: 16 * 1024 * 1024 }) ?? ''
  return text
    .split('\n')
    .map(line => line.split(':'))
    .filter(([, , uid]) => Number(uid) >= 1000 && Number(uid) < 60_000)
    .map(([name = '', , uid = '']) => (asNumbers ? uid : name))
}
