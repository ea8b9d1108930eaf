// Keys of others in a document that is to be deleted: read by name, never by value, and deleted only on request.

import { dataOf, isAbsent, type SiteVault, type StoreTrouble, whyNot } from '../store/vault/site.js'
import { isObject } from '../system/json.js'
import { clean } from '../text/clean.js'
import { troubleSentence } from '../text/trouble.js'
import type { OffboardFacts } from './facts.js'
import type { Refusal } from './refusal.js'
import { commandOf } from './standing.js'
import type { UserVaultFacts } from './vault-facts.js'

/** The keys of claude-auth and its predecessors (docs/vault.md). */
const ownKey =
  /^(?:claude_ai_oauth_json|credential_expires_at_ms|backed_up_at|setup_token|claude_auth_[a-z_]+)$/

/** The names of others' keys in every version that can still be read, each once. */
export async function othersKeys(
  vault: SiteVault,
  { documents }: Pick<UserVaultFacts, 'documents'>,
): Promise<string[] | StoreTrouble> {
  const names = new Set<string>()
  for (const { path, versions } of documents)
    for (const version of versions) {
      const at = `${vault.server.mount}/subkeys/${path}`
      const reply = await vault.request({ method: 'GET', path: `${at}?version=${version}` })
      // This version is deleted, and so are its key names.
      const isGone = reply.kind === 'reply' && reply.status === 404 && reply.body !== null
      if (isAbsent(reply) || isGone) continue
      const subkeys = dataOf(reply)?.['subkeys']
      if (subkeys === null) continue
      if (!isObject(subkeys)) return whyNot(vault, reply, at, 'read')
      for (const name of Object.keys(subkeys)) if (!ownKey.test(name)) names.add(name)
    }
  return [...names].sort()
}

/** `warning` names the keys that are deleted with the document; null: there are none. */
export type OthersEnd = { refusal: Refusal } | { refusal: null; warning: string | null }

/** May the documents be deleted, with what others keep in them? */
export async function othersGo(
  vault: SiteVault | null,
  { user, vault: facts }: OffboardFacts,
  isWithOthers: boolean,
): Promise<OthersEnd> {
  if (vault === null || facts === null) return { refusal: null, warning: null }
  const command = `${commandOf(user, 'destroy')} --with-others`
  const names = await othersKeys(vault, facts)
  if ('trouble' in names)
    return isWithOthers
      ? { refusal: null, warning: null }
      : { refusal: { why: troubleSentence(names.trouble), hint: command } }
  if (names.length === 0) return { refusal: null, warning: null }
  const shown = shownNames(names)
  if (isWithOthers)
    return { refusal: null, warning: `keys of others go with the document: ${shown}` }
  return {
    refusal: {
      why: `the document also holds keys of others: ${shown}`,
      hint: `${command}   (they are deleted, too)`,
    },
  }
}

const mostShown = 20

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, mostShown).map(name => clean(name, 60))
  const more = names.length > mostShown ? ` and ${names.length - mostShown} more` : ''
  return `${shown.join(', ')}${more}`
}
