// `identity` in the configuration: whose login this user's must be. The roster's word comes before the files', the machine's file before a user's roster.

import type * as v from 'valibot'
import type { Resolving } from './forms.js'
import { map, text, uuid } from './forms.js'
import { fillIn, shown } from './template.js'

/** `identity` as written. */
export const identitySchema = map(
  {
    organizationUuid: uuid('The only organization whose login is accepted.'),
    email: text(
      /^[^\s@<>"'\\,;:()-][^\s@<>"'\\,;:()]*@[^\s@<>"'\\,;:()]+$/,
      'an e-mail address such as "{user}@example.com"',
      'The e-mail address to sign in with. {user}, {uid}, {host} and {profile} are filled in.',
    ),
    accountUuid: uuid(
      'The only account whose login is accepted; it outweighs the e-mail address, unless the machine’s file sets that.',
    ),
  },
  'Whose login is accepted; any other is never backed up and never overwrites.',
)

const address = /^[^\s@{}]+@[^\s@{}]+$/

type IdentityText = NonNullable<v.InferOutput<typeof identitySchema>>

/** Whose login is accepted: e-mail and UUIDs in lower case, null where nothing is said. */
export interface IdentityConfig {
  organizationUuid: string | null
  email: string | null
  accountUuid: string | null
  /** The machine sets the address: it must match in any case. */
  isEmailPinned: boolean
}

/** What each place says: the merged files, the machine's file alone, and this user's row of the roster. */
export interface IdentityInputs {
  said: IdentityText
  machines: IdentityText
  listed: {
    email?: string | undefined
    organization_uuid?: string | undefined
    account_uuid?: string | undefined
  } | null
}

/** What does not fit this user goes to `to.misfit`, and counts as not said. */
export function resolveIdentity(
  { said, machines, listed }: IdentityInputs,
  to: Resolving,
): IdentityConfig {
  // A roster of the user's own does not outweigh what the machine's file pins.
  const isUsersRoster = to.isUsers(['roster'])
  const outweighs = (ofMachine: string | undefined) => !(isUsersRoster && ofMachine)
  const pick = (own?: string, ofMachine?: string, inRoster?: string) =>
    (inRoster !== undefined && outweighs(ofMachine) ? inRoster : own)?.toLowerCase() ?? null

  // What the roster says need not be made out of the user's name.
  const isListed = listed?.email !== undefined && outweighs(machines.email)
  const email = (isListed ? listed.email : emailOf(said.email, to))?.toLowerCase() ?? null
  const isMachines = machines.email !== undefined || (!isUsersRoster && listed?.email !== undefined)
  return {
    organizationUuid: pick(
      said.organizationUuid,
      machines.organizationUuid,
      listed?.organization_uuid,
    ),
    email,
    accountUuid: pick(said.accountUuid, machines.accountUuid, listed?.account_uuid),
    isEmailPinned: email !== null && isMachines,
  }
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
