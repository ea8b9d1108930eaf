// Whose login this user's must be: the roster's word before the files', the machine's file before a user's roster.

import type { Config } from './resolved.js'
import type { ResolveInputs, Resolving } from './resolving.js'
import { fillIn, shown } from './template.js'

const address = /^[^\s@{}]+@[^\s@{}]+$/

/** E-mail and UUIDs in lower case, null where nothing is said. */
export function resolveIdentity(inputs: ResolveInputs, to: Resolving): Config['identity'] {
  const { merged, roster } = inputs
  const isUsersRoster = merged.isUsers(['roster'])
  const said = merged.data.identity ?? {}
  const machines = inputs.system.identity ?? {}
  const outweighs = (ofMachine: string | undefined) => !(isUsersRoster && ofMachine)
  const pick = (
    own: string | undefined,
    ofMachine: string | undefined,
    listed: string | undefined,
  ) => (listed !== undefined && outweighs(ofMachine) ? listed : own)?.toLowerCase() ?? null

  const entry = roster?.entry
  // What the roster says need not be made out of the user's name.
  const isListed = entry?.email !== undefined && outweighs(machines.email)
  const wanted = (isListed ? entry.email : emailOf(said.email, to))?.toLowerCase() ?? null
  return {
    organizationUuid: pick(
      said.organizationUuid,
      machines.organizationUuid,
      entry?.organization_uuid,
    ),
    email: wanted,
    accountUuid: pick(said.accountUuid, machines.accountUuid, entry?.account_uuid),
    isEmailPinned: wanted !== null && isEmailPinned(inputs),
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
  if ('expected' in filled) to.misfit(['identity', 'email'], filled.expected)
  else if (!address.test(filled.value))
    to.misfit(
      ['identity', 'email'],
      `expected an e-mail address once the names are filled in, got ${shown(filled.value)}`,
    )
  else return filled.value
  return undefined
}
