// A user of whom Vault has nothing yet.

import type { UserInVault } from '../../src/roster/plan.js'

export const newInVault: Readonly<UserInVault> = {
  path: 'workstation/claude-users/alice',
  wrongPath: null,
  exists: false,
  hasVersions: false,
  hasToken: false,
  tokenHere: null,
  isCutNoted: false,
  needsToken: true,
  isOnItsWay: false,
  isOverdue: false,
  isOnItsWayNoted: false,
  mintingSinceMs: null,
}
