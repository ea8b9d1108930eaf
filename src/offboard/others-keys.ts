// The keys of a document that are not claude-auth's: by their names, never a value.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { isObject } from '../system/json.js'
import { dataOf, isAbsent, type VaultFacts, whyNot } from './vault-facts.js'

/** What claude-auth and its predecessors keep there (docs/vault.md). */
const ownKey =
  /^(?:claude_ai_oauth_json|credential_expires_at_ms|backed_up_at|setup_token|claude_auth_[a-z_]+)$/

/** Names of others' keys in any version that can still be read, once each. */
export async function othersKeys(
  vault: SiteVault,
  { documents }: Pick<VaultFacts, 'documents'>,
): Promise<string[] | StoreTrouble> {
  const names = new Set<string>()
  for (const { path, versions } of documents)
    for (const version of versions) {
      const at = `${vault.server.mount}/subkeys/${path}`
      const reply = await vault.request({ method: 'GET', path: `${at}?version=${version}` })
      // Deleted, with the names of its keys.
      const isGone = reply.kind === 'reply' && reply.status === 404 && reply.body !== null
      if (isAbsent(reply) || isGone) continue
      const subkeys = dataOf(reply)?.['subkeys']
      if (subkeys === null) continue
      if (!isObject(subkeys)) return whyNot(vault, reply, at, 'read')
      for (const name of Object.keys(subkeys)) if (!ownKey.test(name)) names.add(name)
    }
  return [...names].sort()
}
