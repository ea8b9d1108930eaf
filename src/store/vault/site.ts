// Vault as the admin of a site sees it: requests by a token that is no user’s own, to whatever path its policy opens; what a reply
// says; and users’ tokens, of which only the accessors are known.

import { connectionPool } from '../../anthropic/connection.js'
import type { Network } from '../../anthropic/http.js'
import type { VaultAuth, VaultServer } from '../../config/vault.js'
import { isObject, type JsonObject, stringOf } from '../../system/json.js'
import { makeTrouble, quoted } from '../../system/trouble.js'
import type { StoreTrouble } from '../store.js'
import { readSecretFile } from './auth.js'
import { type VaultClient, type VaultReply, type VaultRequest, vaultClient } from './client.js'
import { isVaults, troubleOf } from './failure.js'
import { jwtLogin } from './jwt-auth.js'
import { readAuthority } from './store.js'
import { tokenShape } from './token-auth.js'

export type { StoreTrouble } from '../store.js'

/** A signed-in admin. */
export interface SiteVault {
  server: VaultServer
  /** Never throws. No word of a reply that is printed may be its `text` or `body`: they can hold a token. */
  request: (request: Omit<VaultRequest, 'token'>) => Promise<VaultReply>
  /** The same with another token than the admin's: a wrapping token opens what it wraps, whatever its policies. */
  requestBy: (token: string, request: Omit<VaultRequest, 'token'>) => Promise<VaultReply>
}

/** How to sign in, and how requests leave this machine. */
export interface SiteParts {
  network: Network
  uid: number
  user: string
  now: () => number
  /** Connections outlive one question: for who asks hundreds. What changes something has one of its own: a kept one can end. */
  isKept?: boolean
}

/**
 * Signs in with the token of a private file, or by JWT. A token is not looked up: what it may do, the requests tell.
 * Trouble: the file, the authority or the sign-in.
 */
export async function openSite(
  server: VaultServer,
  auth: VaultAuth,
  { network, uid, user, now, isKept = false }: SiteParts,
): Promise<SiteVault | StoreTrouble> {
  const authority = readAuthority(server.caCert)
  if ('kind' in authority) return authority
  const { address, namespace, timeoutMs } = server
  const parts = { address, namespace, timeoutMs, network, caCert: authority.pem }
  const client = vaultClient({ ...parts, kept: null })
  const asking = isKept ? vaultClient({ ...parts, kept: connectionPool() }) : client
  const signedIn =
    auth.method === 'token'
      ? tokenIn(auth.tokenFile, uid)
      : await jwtLogin(client, auth, { user, uid }, { now, known: null, commit: () => {} }).open()
  if (signedIn.kind !== 'open') return signedIn
  return { server, ...asked({ client, asking }, signedIn.token) }
}

function asked(
  { client, asking }: { client: VaultClient; asking: VaultClient },
  own: string,
): Pick<SiteVault, 'request' | 'requestBy'> {
  const requestBy: SiteVault['requestBy'] = (token, request) => {
    const isQuestion = request.method === 'GET' || request.method === 'LIST'
    return (isQuestion ? asking : client).request({ ...request, token })
  }
  return { request: request => requestBy(own, request), requestBy }
}

function tokenIn(file: string, uid: number): { kind: 'open'; token: string } | StoreTrouble {
  const found = readSecretFile(file, uid)
  if ('trouble' in found) return found
  if (found.kind === 'text' && tokenShape.test(found.text))
    return { kind: 'open', token: found.text }
  const cause =
    found.kind === 'missing' ? 'there is no Vault token for this' : 'this is no Vault token'
  const command = `ls -l ${quoted(file)}`
  return { kind: 'denied', trouble: makeTrouble(cause, { place: file, command }) }
}

/** What was asked, or why it is not known. */
export type Lookup<T> = { kind: 'known'; value: T } | StoreTrouble

/** `data` of a 200 of Vault's own. */
export function dataOf(reply: VaultReply): JsonObject | null {
  if (reply.kind !== 'reply' || reply.status !== 200) return null
  const data = reply.body?.['data']
  return isObject(data) ? data : null
}

/** Nothing is there: a 404 without a text, which one for a missing engine has. */
export function isAbsent(reply: VaultReply): boolean {
  if (reply.kind !== 'reply' || reply.status !== 404) return false
  return reply.text === '' || (isVaults(reply) && reply.errors.length === 0)
}

/** No policy for it, or a dead token: `whyNot` tells which. */
export function isRefused(reply: VaultReply): boolean {
  return reply.kind === 'reply' && reply.status === 403 && isVaults(reply)
}

/** A token was asked for an entity that is cut (OpenBao 2.7.2: "entity from given entity alias is disabled"). */
export function isDisabledEntity(reply: VaultReply): boolean {
  return reply.kind === 'reply' && reply.errors.some(error => /entity.*disabled/.test(error))
}

type Capability = 'create' | 'read' | 'update' | 'patch' | 'delete' | 'list'

/** The trouble behind a reply of no use. Of a 403 Vault is asked whether the token lives at all. */
export async function whyNot(
  vault: SiteVault,
  reply: VaultReply,
  path: string,
  capability: Capability,
): Promise<StoreTrouble> {
  if (!isRefused(reply)) return troubleOf(reply, path)
  const self = await vault.request({ method: 'GET', path: 'auth/token/lookup-self' })
  if (isRefused(self))
    return {
      kind: 'denied',
      trouble: makeTrouble("Vault does not know the admin's token", {
        advice: 'it has ended or was revoked, or its policy lacks auth/token/lookup-self',
      }),
    }
  const advice = `it needs ${capability}; ${missingBlock(path, capability, vault.server.template)}`
  return {
    kind: 'denied',
    trouble: makeTrouble("the admin's Vault token has no policy for this", { place: path, advice }),
  }
}

/** What keeps an admin from more than they need stands in docs/vault.md: a block without it would make them root. */
const bounded: [RegExp, string][] = [
  [/^identity\/entity\/id\//, 'identity/entity/id/+'],
  [/^sys\/policies\/acl\//, ''],
  [/^auth\/token\/create\//, ''],
]

/** The block of the admin's policy that opens `path`, for every user, or where it stands; `template`: `vault.path`. */
export function missingBlock(path: string, capability: Capability, template = ''): string {
  const bound = bounded.find(([pattern]) => pattern.test(path))
  if (bound !== undefined)
    return `add the block path "${bound[1] || path}" of claude-auth-admin in docs/vault.md`
  const [, mount, kind, rest] = /^(.+?)\/(metadata|subkeys)\/(.*)$/.exec(path) ?? []
  const opens = rest === undefined ? path : `${mount}/${kind}/${forEveryUser(rest, template)}`
  return `add to claude-auth-admin: path "${opens}" { capabilities = ["${capability}"] }`
}

/** With `+` for what differs between users: where `vault.path` has a name in braces, else the last part. */
function forEveryUser(rest: string, template: string): string {
  const parts = rest.split('/')
  const names = template.split('/')
  const isOpen = (at: number) => names[at]?.includes('{') ?? false
  const isDocument = parts.every((part, at) => part === '' || isOpen(at) || part === names[at])
  return parts
    .map((part, at) => {
      const differs = isDocument ? isOpen(at) : at === parts.length - 1
      return part !== '' && differs ? '+' : part
    })
    .join('/')
}

/** The accessors of users' tokens are noted in the custom metadata of a document under this and the host's name. */
export const accessorPrefix = 'accessor_'

/** The key under which an accessor of `host` is noted first. */
export function accessorKey(host: string): string {
  return `${accessorPrefix}${host}`
}

export interface AccessorState {
  /** Null where the token that asks may not look it up. */
  isAlive: boolean | null
  /** Empty: it was minted without one; null: not known. */
  entityId: string | null
  displayName: string | null
}

/** What Vault says of the token behind `accessor`. What is not Vault's own word says nothing about the token. */
export async function lookUpAccessor(
  vault: SiteVault,
  accessor: string,
): Promise<Lookup<AccessorState>> {
  const path = 'auth/token/lookup-accessor'
  const reply = await vault.request({ method: 'POST', path, body: JSON.stringify({ accessor }) })
  const unknown = { entityId: null, displayName: null }
  if (isGone(reply)) return { kind: 'known', value: { isAlive: false, ...unknown } }
  if (isRefused(reply)) return { kind: 'known', value: { isAlive: null, ...unknown } }
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, path, 'update')
  const [entityId, displayName] = [stringOf(data['entity_id']), stringOf(data['display_name'])]
  return { kind: 'known', value: { isAlive: true, entityId: entityId ?? '', displayName } }
}

/** The statuses by which versions of Vault and OpenBao refuse an invalid accessor. */
const goneStatuses = [400, 403, 404]

/** An accessor that was revoked, or never was one: both the status and the text say so. A failure of Vault's own may name accessors too. */
function isGone(reply: VaultReply): boolean {
  if (reply.kind !== 'reply' || !isVaults(reply) || !goneStatuses.includes(reply.status))
    return false
  return reply.errors.some(each => /accessor/.test(each))
}
