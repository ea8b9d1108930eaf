// The entities by which Vault knows a user: one for each mount by which they sign in, and whether it is switched off.

import type { SiteVault } from '../store/vault/site.js'
import { type Asked, dataOf, whyNot } from '../store/vault/site-reply.js'
import { isObject, stringOf } from '../system/json.js'

export interface EntityFact {
  id: string
  /** The auth mounts by which it is known (`token`, `jwt`). */
  mounts: string[]
  isDisabled: boolean
  /** Other names by which it is known where users sign in: merged by hand, or another name of the same person. */
  otherNames: string[]
}

/** Tokens (in a namespace `ns_token`) and signed tokens: the ways in that claude-auth has. On another kind of mount, alice may be another person. */
const signInTypes = ['token', 'ns_token', 'jwt', 'oidc']

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
    found.set(id, {
      id,
      mounts: [...(found.get(id)?.mounts ?? []), mount.name],
      isDisabled: data['disabled'] === true,
      otherNames: namesIn(data['aliases'], mounts).filter(each => each !== name),
    })
  }
  return { kind: 'known', value: [...found.values()] }
}

/** The names of the aliases on `mounts`, as Vault folds them, once each. */
function namesIn(aliases: unknown, mounts: readonly AuthMount[]): string[] {
  const all = (Array.isArray(aliases) ? aliases : []).filter(isObject)
  const onMounts = all.filter(alias =>
    mounts.some(({ accessor }) => accessor === alias['mount_accessor']),
  )
  const names = onMounts.flatMap(alias => stringOf(alias['name'])?.toLowerCase() ?? [])
  return [...new Set(names)].sort()
}
