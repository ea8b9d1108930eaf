// What one run of `ensure` came to: the object printed as JSON, the steps and reasons it is made of, and each of these in plain
// words.

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

/** A reason as part of a sentence, without full stop. */
export const reasonWords: Readonly<Record<Step['because'], string>> = {
  fresh: 'the login is good',
  off: 'claude-auth is switched off',
  observe: 'claude-auth only observes',
  'not-ours': 'the login belongs to another account of this machine',
  'other-credential': 'something else than the login is used',
  'long-lived': 'a long-lived token is used',
  'no-answer': 'the login server gave no answer',
  'maybe-copied': 'a copy of this machine may have the same sign-in',
  'own-trouble': 'claude-auth itself had trouble',
  missing: 'the login file was missing',
  blank: 'the login was emptied',
  unreadable: 'the login file could not be read',
  refused: 'the server refused the login',
  'before-renewal': 'a renewal was due',
  'half-life': 'half of its time was over',
  expired: 'its time was over',
  forced: 'it was asked for',
  'store-newer': 'the stored copy was newer',
  unverified: 'it had not been checked lately',
  changed: 'it had changed',
  'store-behind': 'the store did not have it yet',
  pending: 'an earlier copy could not be stored',
  'never-signed-in': 'nobody has signed in here yet',
  'signed-out': 'the user signed out',
  'login-lost': 'the login is gone and no copy can be used',
  'grant-refused': 'the server no longer accepts the sign-in',
  'login-ended': 'the sign-in has ended',
  'wrong-identity': "it is not this user's own login",
}

/** What a step does, as after `to`: "renew the login". */
export const deedWords: Readonly<Record<Step['do'], string>> = {
  launch: 'start Claude',
  'read-store': 'look at the stored copy',
  renew: 'renew the login',
  restore: 'put the stored login back',
  verify: 'check the login with the server',
  'back-up': 'store a copy of the login',
  'sign-in': 'ask for a sign-in',
}

/** True for a reason that asks for a person. */
export function isSignInReason(value: unknown): value is SignInReason {
  return (signInReasons as readonly unknown[]).includes(value)
}
