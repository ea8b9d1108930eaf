// The entities by which Vault knows a user: one for each mount by which they sign in, and whether it is switched off.

import type { SiteVault } from '../store/vault/site.js'
import { type Asked, dataOf, whyNot } from '../store/vault/site-reply.js'
import { isObject, stringOf } from '../system/json.js'

export interface EntityFact {
  id: string
  /** The auth mounts by which it is known (`token`, `jwt`). */
  mounts: string[]
  isDisabled: boolean
}

/** Tokens and signed tokens: the ways in that claude-auth has. What another kind of mount calls alice may be somebody else. */
const signInTypes = ['token', 'jwt', 'oidc']

export interface AuthMount {
  name: string
  accessor: string
}

export async function signInMounts(vault: SiteVault): Promise<Asked<AuthMount[]>> {
  const reply = await vault.request({ method: 'GET', path: 'sys/auth' })
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, 'sys/auth', 'read')
  const value = Object.entries(data).flatMap(([path, about]) => {
    if (!isObject(about) || !signInTypes.includes(String(about['type']))) return []
    const accessor = stringOf(about['accessor'])
    return accessor === null ? [] : [{ name: path.replace(/\/$/, ''), accessor }]
  })
  return { kind: 'known', value }
}

export async function entitiesOf(
  vault: SiteVault,
  name: string,
  mounts: AuthMount[],
): Promise<Asked<EntityFact[]>> {
  const found = new Map<string, EntityFact>()
  for (const mount of mounts) {
    const path = 'identity/lookup/entity'
    const body = JSON.stringify({ alias_name: name, alias_mount_accessor: mount.accessor })
    const reply = await vault.request({ method: 'POST', path, body })
    if (reply.kind === 'reply' && reply.status === 204) continue
    const data = dataOf(reply)
    const id = stringOf(data?.['id'])
    if (data === null || id === null) return whyNot(vault, reply, path, 'update')
    const mountsOf = [...(found.get(id)?.mounts ?? []), mount.name]
    found.set(id, { id, mounts: mountsOf, isDisabled: data['disabled'] === true })
  }
  return { kind: 'known', value: [...found.values()] }
}
