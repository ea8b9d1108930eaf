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
  | 'own-trouble'

export type SignInReason =
  | 'never-signed-in'
  | 'signed-out'
  | 'login-lost'
  | 'grant-refused'
  | 'login-ended'
  | 'wrong-identity'

/** One thing to do, with the reason for it: the spelling of journal, Slack, JSON and tests. */
export type Step =
  | { do: 'launch'; because: LaunchReason }
  | { do: 'read-store'; because: 'missing' | 'blank' | 'unreadable' | 'refused' | 'before-renewal' }
  | { do: 'renew'; because: 'half-life' | 'expired' | 'refused' | 'forced' }
  | { do: 'restore'; because: 'missing' | 'blank' | 'unreadable' | 'refused' | 'store-newer' }
  | { do: 'verify'; because: 'unverified' | 'changed' }
  | { do: 'back-up'; because: 'store-behind' | 'pending' }
  | { do: 'sign-in'; because: SignInReason }

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
    kind: 'local' | 'vault' | 'none'
    state: 'current' | 'pending' | 'empty' | 'unreachable' | 'denied'
    version: number | null
  }
  steps: (Step & { ms: number })[]
  alert: AlertResult
}
