// Whose login this user's must be: the roster's word before the files', the machine's file before a user's roster.

import type { Config } from './resolved.js'
import type { ResolveInputs, Resolving } from './resolving.js'
import { fillIn } from './template.js'

const address = /^[^\s@{}]+@[^\s@{}]+$/

/** E-mail and UUIDs in lower case, null where nothing is said. */
export function resolveIdentity(inputs: ResolveInputs, to: Resolving): Config['identity'] {
  const { merged, roster } = inputs
  const isUsersRoster = merged.isUsers(['roster'])
  const said = merged.data.identity ?? {}
  const machines = inputs.system.identity ?? {}
  const pick = (
    own: string | undefined,
    ofMachine: string | undefined,
    listed: string | undefined,
  ) => (listed !== undefined && !(isUsersRoster && ofMachine) ? listed : own)?.toLowerCase() ?? null

  const entry = roster?.entry
  const email = emailOf(said.email, to)
  return {
    organizationUuid: pick(
      said.organizationUuid,
      machines.organizationUuid,
      entry?.organization_uuid,
    ),
    email: pick(email, machines.email, entry?.email),
    accountUuid: pick(said.accountUuid, machines.accountUuid, entry?.account_uuid),
    isEmailPinned: isEmailPinned(inputs),
  }
}

/** By its file or its roster: then the address must fit, whatever else is said of the account. */
function isEmailPinned({ merged, system, roster }: ResolveInputs): boolean {
  const isListed = !merged.isUsers(['roster']) && roster?.entry?.email !== undefined
  return isListed || system.identity?.email !== undefined
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
