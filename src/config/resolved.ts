// The configuration as the rest of the program sees it: every default, unit and template applied.

import type { Custody } from '../policy/outcome.js'

/** Times are milliseconds, paths absolute, e-mail and UUIDs in lower case. No secret is ever in it. */
export interface Config {
  mode: 'on' | 'observe' | 'off'
  /** Why `mode` is off, and the file that says so; null unless it is off. */
  off: {
    because: 'config' | 'not-enrolled' | 'parked' | 'folder-not-listed'
    file: string | null
  } | null
  /** The real client, where the configuration names it. */
  client: string | null
  identity: {
    organizationUuid: string | null
    email: string | null
    accountUuid: string | null
    /** The machine sets the address: it must fit whatever else is said of the account. */
    isEmailPinned: boolean
  }
  /** Whether this user stands in the roster; null without one. */
  roster: { file: string; listed: boolean } | null
  credential: 'login' | 'long-lived'
  store: 'local' | 'vault' | 'none'
  /** Null unless `store` is `vault`, and where no document can be named for this user: `misfits` tells why. */
  vault: VaultConfig | null
  local: { keyFile: string | null }
  custody: Custody
  renewal: {
    via: 'grant' | 'client'
    /** The part of a token's life after which it is renewed, 0.5 for half of it. */
    renewAt: number
    verifyEveryMs: number
    launchWaitMs: number
  }
  alerts: {
    slack: { webhookFile: string } | null
    teams: { webhookFile: string } | null
    /** `sendmail`: null: wherever this machine has it. `from`: null: as the mail system makes it. */
    email: { to: string[]; from: string | null; sendmail: string | null } | null
    command: string[] | null
    runbook: string | null
    /** Longest first. */
    beforeLoginEndsMs: number[]
  }
  /** Null: `prompt` where stdin and stderr are terminals and it is no `-p`, else `continue`. */
  onSignInRequired: 'continue' | 'fail' | 'prompt' | null
  endpoints: { oauth: string; api: string }
  /** The name of the login folder in use: `default` for `~/.claude`, else as listed, else null (and `off`). */
  profile: string | null
  profiles: { name: string; folder: string }[]
  /** Keys of the user's file that the machine's file has overruled (`identity.email`). */
  overruled: string[]
  /** Settings that do not fit this user or this machine: each turned off what it is about, and nothing else. */
  misfits: Misfit[]
}

export interface Misfit {
  /** `vault.path`; of the roster as a whole `roster`. */
  key: string
  /** File, line, key and the rule that failed. */
  what: string
  /** The command to type. */
  hint: string
}

export interface VaultConfig {
  address: string
  namespace: string | null
  caCert: string | null
  mount: string
  path: string
  /** What this user is called there: in the path, and by policies and display names of tokens. */
  vaultName: string
  /** The path names the host: each host has a document of its own. */
  isPerHost: boolean
  timeoutMs: number
  auth:
    | { method: 'token'; tokenFile: string }
    | {
        method: 'jwt'
        mount: string
        role: string
        jwtFile: string
        /** What `aud` must contain; null where the configuration does not say. */
        audience: string | null
        /** What `sub` must be. */
        subject: string
      }
}
