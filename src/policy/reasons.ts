// Each step and reason in plain words: one table, used by the log, the commands and the alerts.

import { type SignInReason, type Step, signInReasons } from './outcome.js'

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
  'store-behind': 'the stored copy was older',
  pending: 'an earlier copy could not be stored',
  'never-signed-in': 'nobody has signed in here yet',
  'signed-out': 'the user signed out',
  'login-lost': 'the login is gone and no copy can be used',
  'grant-refused': 'the server no longer accepts the sign-in',
  'login-ended': 'the sign-in has come to its end',
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
