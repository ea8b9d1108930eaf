// Whose login this user's must be: the roster's word before the files', the machine's file before a user's roster.

import type { Config } from './resolved.js'
import type { ResolveInputs, Resolving } from './resolving.js'
import { fillIn } from './template.js'

const address = /^[^\s@{}]+@[^\s@{}]+$/

/** E-mail and UUIDs in lower case, null where nothing is said. */
export function resolveIdentity(inputs: ResolveInputs, to: Resolving): Config['identity'] {
  const { merged, roster } = inputs
  const usersRoster = merged.isUsers(['roster'])
  const said = merged.data.identity ?? {}
  const pick = (own: string | undefined, pinned: boolean, listed: string | undefined) =>
    (listed !== undefined && !(usersRoster && pinned) ? listed : own)?.toLowerCase() ?? null

  const pinned = inputs.system.identity ?? {}
  return {
    organizationUuid: pick(
      said.organizationUuid,
      pinned.organizationUuid !== undefined,
      roster?.entry?.organization_uuid,
    ),
    email: pick(emailOf(said.email, to), pinned.email !== undefined, roster?.entry?.email),
    accountUuid: pick(
      said.accountUuid,
      pinned.accountUuid !== undefined,
      roster?.entry?.account_uuid,
    ),
  }
}

function emailOf(text: string | undefined, to: Resolving): string | undefined {
  if (text === undefined) return undefined
  const filled = fillIn(text, to.names, 'any')
  if ('expected' in filled) to.report(['identity', 'email'], filled.expected)
  else if (!address.test(filled.value))
    to.report(['identity', 'email'], 'expected an e-mail address once the names are filled in')
  else return filled.value
  return undefined
}
