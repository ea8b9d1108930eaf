// A row of a roster that says no more than a name.

import type { RosterRow } from '../../src/roster/roster-file.js'

export const aliceRow: Readonly<RosterRow> = {
  user: 'alice',
  vaultName: 'alice',
  email: null,
  organizationUuid: null,
  accountUuid: null,
  tier: null,
  isAdmin: false,
  leftOn: null,
  gitNames: [],
  isEnrolled: true,
  isParked: false,
  unread: [],
}
