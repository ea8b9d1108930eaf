// What a reply to an admin's request says: its data, that nothing is there, or why it was refused.

import { isObject, type JsonObject } from '../../system/json.js'
import { makeTrouble } from '../../system/trouble.js'
import type { StoreTrouble } from '../store.js'
import type { VaultReply } from './client.js'
import { isVaults, troubleOf } from './failure.js'
import type { SiteVault } from './site.js'

/** What was asked, or why it is not known. */
export type Asked<T> = { kind: 'known'; value: T } | StoreTrouble

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
