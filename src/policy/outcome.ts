// What one run of `ensure` came to: the object printed as JSON, and the words it is made of.

/** What a launch, command or alert comes to, everywhere the same (exit code beside it). */
export const exitCodes = {
  ok: 0,
  broken: 1,
  'sign-in': 3,
  attention: 4,
  'no-answer': 5,
} as const

export type Verdict = keyof typeof exitCodes

export type Custody = 'shared' | 'sole'

/** Whose login it is, as the server says it. E-mail folded to lower case. */
export interface Identity {
  email: string | null
  accountUuid: string | null
  organizationUuid: string | null
}

export type LaunchReason =
  | 'fresh'
  | 'off'
  | 'observe'
  | 'not-ours'
  | 'other-credential'
  | 'long-lived'
  | 'no-answer'
  | 'maybe-copied'
  | 'own-trouble'

/** The reasons for which only a person can help. */
export const signInReasons = [
  'never-signed-in',
  'signed-out',
  'login-lost',
  'grant-refused',
  'login-ended',
  'wrong-identity',
] as const

export type SignInReason = (typeof signInReasons)[number]

/** One thing to do, with the reason for it: the spelling of journal, Slack, JSON and tests. */
export type Step =
  | { do: 'launch'; because: LaunchReason }
  | { do: 'read-store'; because: 'missing' | 'blank' | 'unreadable' | 'refused' | 'before-renewal' }
  | { do: 'renew'; because: 'half-life' | 'expired' | 'refused' | 'forced' }
  | { do: 'restore'; because: 'missing' | 'blank' | 'unreadable' | 'refused' | 'store-newer' }
  | { do: 'verify'; because: 'unverified' | 'changed' }
  | { do: 'back-up'; because: 'store-behind' | 'pending' }
  | { do: 'sign-in'; because: SignInReason }

/** What happens to the login without any action: the one source of what screens promise. */
export type Prospect =
  /**
   * A run to come renews it; `isDue`: the next one. `isLate`: only a launch in the last minutes of its token, since a
   * copy of this machine may hold the refresh token too.
   */
  | { kind: 'renewed'; isDue: boolean; isLate?: true }
  /** The next run puts a stored login into the file. */
  | { kind: 'restored' }
  /** Only a person can help, now. */
  | { kind: 'sign-in'; because: SignInReason }
  /** It works until its token ends, and then only a person can help. */
  | { kind: 'ends'; because: SignInReason }
  /** It can't be renewed as things are: the server did not answer, the store is away, or something here is in the way. */
  | { kind: 'hindered'; because: 'no-answer' | 'store' | 'here' }
  /** We leave it as it is. */
  | { kind: 'left'; because: 'off' | 'observe' | 'not-ours' | 'other-credential' }
  /** A long-lived token needs no renewal. */
  | { kind: 'lasting' }

export type AlertResult = 'sent' | 'unchanged' | 'failed' | 'off'

/** The result of one run; times are epoch milliseconds, like the client's own `expiresAt`. */
export interface Outcome {
  schemaVersion: 1
  verdict: Verdict
  because: Step['because']
  did: Step['do'][]
  credential: 'login' | 'long-lived' | 'other' | 'none'
  custody: Custody
  identity: Identity | null
  expiresAt: number | null
  loginEndsAt: number | null
  store: {
    /** As `store` in the configuration; `none` where no store is used. */
    kind: string
    state: 'current' | 'pending' | 'empty' | 'unreachable' | 'denied'
    version: number | null
  }
  steps: (Step & { ms: number })[]
  alert: AlertResult
}
