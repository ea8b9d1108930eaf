// Which e-mail a person should sign in with.

import type { Config } from '../host/config.js'
import { clientAccount } from '../login/client-config.js'
import type { Memory } from '../login/memory.js'

/**
 * The configured e-mail, else the one pinned at first use, else what the client noted at its last
 * sign-in: no proof of anything, but a help. Null where nobody knows.
 */
export function expectedEmail(
  config: Config,
  memory: Pick<Memory, 'pinned'>,
  clientConfig: string,
): string | null {
  const known = config.identity.email ?? memory.pinned?.email ?? null
  if (known !== null) return known
  const account = clientAccount(clientConfig)
  return account.kind === 'named' ? account.email : null
}
