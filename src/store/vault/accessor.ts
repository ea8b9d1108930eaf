// Tokens that only their accessors are known of: what Vault says of one, and under which keys they are noted.

import { stringOf } from '../../system/json.js'
import type { VaultReply } from './client.js'
import { isVaults } from './failure.js'
import type { SiteVault } from './site.js'
import { type Asked, dataOf, isRefused, whyNot } from './site-reply.js'

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
): Promise<Asked<AccessorState>> {
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
