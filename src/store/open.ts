// Opening the store that the configuration names. This file alone knows which stores there are.

import type { Network } from '../anthropic/http.js'
import type { Config } from '../config/config.js'
import type { Person } from '../system/users.js'
import type { LocalStore } from './local.js'
import type { Store } from './store.js'

/** What a store may need to be opened. */
export interface OpenOptions {
  person: Person
  network: Network
  /** The sealed store of this machine: a store by itself, or the cache of a remote one. */
  local: LocalStore
  /** No network at all. */
  offline: boolean
  /** Only reads. */
  readOnly: boolean
  now: () => number
  /** What the store's server said of our access in an earlier run (`Memory.storeSession`). */
  session: object | null
  /** Takes what the server says of it now. */
  commit: (session: object) => void
  /** A shared document was reached from here before, so other hosts may hold its refresh token. */
  wasReached: boolean
}

/** Null for `store: none`. Asks nothing; trouble with the store is a value of its methods. */
export async function openStore(config: Config, options: OpenOptions): Promise<Store | null> {
  const { person, network, local, offline, readOnly } = options
  switch (config.store) {
    case 'none':
      return null
    case 'local':
      return local
    case 'vault': {
      // It is loaded only here.
      const { openVault, unnamedVault } = await import('./vault/store.js')
      const { sessionMemoryIn } = await import('./vault/auth.js')
      if (config.vault === null) return unnamedVault(config.misfits, local, options.wasReached)
      const session = {
        now: options.now,
        known: readOnly ? null : sessionMemoryIn(options.session),
        mayRenew: !readOnly,
        commit: options.commit,
        expectedEmail: config.identity.email,
      }
      const named = { ...person, vaultName: config.vault.vaultName }
      return openVault(config.vault, { network, person: named, session, cache: local, offline })
    }
  }
}

/** Do several hosts use one document, so that a sign-in goes on elsewhere when this host leaves? */
export function isOnSharedDocument({ store, vault }: Config): boolean {
  return store === 'vault' && vault?.isPerHost === false
}
