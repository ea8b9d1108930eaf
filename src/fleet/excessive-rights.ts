// Which rights the admin's fleet token has beyond reading metadata.

import type { SiteVault } from '../store/vault/site.js'
import { isObject } from '../system/json.js'

/** The capabilities of a reader. */
const harmless = new Set(['deny', 'list', 'read'])

/**
 * Where the token can do more than list and read metadata, each as `PATH (read, update)`; any right to the data of a login is
 * too many. Only asks Vault (`sys/capabilities-self`), and reads no login. Null: Vault does not say.
 */
export async function excessiveRights(
  vault: SiteVault,
  { recordsFolder, name }: { recordsFolder: string; name: string },
): Promise<string[] | null> {
  const { mount, template } = vault.server
  const document = template.replace(/\{(\w+)\}/g, (_, word) =>
    ['user', 'uid'].includes(word) ? name : 'default',
  )
  const data = `${mount}/data/${document}`
  const paths = [
    data,
    `${mount}/metadata/${document}`,
    `${mount}/metadata/${recordsFolder}/${name}`,
  ]
  const body = JSON.stringify({ paths })
  const reply = await vault.request({ method: 'POST', path: 'sys/capabilities-self', body })
  const said = reply.kind === 'reply' && reply.status === 200 ? reply.body?.['data'] : null
  if (!isObject(said)) return null
  return paths.flatMap(path => {
    const can = Array.isArray(said[path]) ? said[path].filter(each => typeof each === 'string') : []
    const excess = path === data ? can.filter(each => each !== 'deny') : can.filter(isExcess)
    return excess.length === 0 ? [] : [`${path} (${excess.join(', ')})`]
  })
}

function isExcess(capability: string): boolean {
  return !harmless.has(capability)
}
