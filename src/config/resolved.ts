// The configuration as the rest of the program sees it: every default, unit and template applied.

import type { Custody } from '../policy/outcome.js'
import type {
  BaseConfig,
  FleetConfig,
  OffboardConfig,
  RosterFromConfig,
  WatchedRepository,
} from './admin.js'
import type { AlertsConfig } from './alerts.js'
import type { IdentityConfig } from './identity.js'
import type { Misfit } from './problem.js'
import type { Profile } from './profiles.js'
import type { VaultConfig, VaultServer } from './vault.js'

/** Times are milliseconds, paths absolute, e-mail and UUIDs in lower case. No secret is ever in it. */
export interface Config {
  mode: 'on' | 'observe' | 'off'
  /** Why `mode` is off, and the file that says so; null unless it is off. */
  off: {
    because: 'left' | 'config' | 'not-enrolled' | 'parked' | 'folder-not-listed'
    file: string | null
  } | null
  /** The real client, where the configuration names it. */
  client: string | null
  identity: IdentityConfig
  /** Whether this user stands in the roster; null without one. */
  roster: { file: string; listed: boolean } | null
  credential: 'login' | 'long-lived'
  store: 'local' | 'vault' | 'none'
  /** Null unless `store` is `vault`, and where no document can be named for this user: `misfits` tells why. */
  vault: VaultConfig | null
  /** The Vault of the site, whatever this user's store is; null where none is configured, or not as can be used. */
  vaultServer: VaultServer | null
  local: { keyFile: string | null }
  custody: Custody
  renewal: {
    via: 'grant' | 'client'
    /** The part of a token's life after which it is renewed, 0.5 for half of it. */
    renewAt: number
    verifyEveryMs: number
    launchWaitMs: number
  }
  alerts: AlertsConfig
  /** Null: `prompt` where stdin and stderr are terminals and it is no `-p`, else `continue`. */
  onSignInRequired: 'continue' | 'fail' | 'prompt' | null
  endpoints: { oauth: string; api: string }
  /** The name of the login folder in use: `default` for `~/.claude`, else as listed, else null (and `off`). */
  profile: string | null
  profiles: readonly Profile[]
  fleet: FleetConfig
  rosterFrom: RosterFromConfig | null
  offboard: OffboardConfig
  changes: readonly WatchedRepository[]
  base: BaseConfig
  /** Keys of the user's file that the machine's file has overruled (`identity.email`). */
  overruled: readonly string[]
  /** Settings that do not fit this user or this machine: each turned off what it is about, and nothing else. */
  misfits: readonly Misfit[]
}
