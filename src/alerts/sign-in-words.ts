// The words when only a person can help: what happened and since when, what to type, where to read on.

import type { SignInReason } from '../policy/outcome.js'
import { clean, cleanMiddle } from '../text/clean.js'
import { agoWords, dateTimeWords } from '../text/durations.js'

/** Whose login: both may be unknown. Text from elsewhere, cleaned here. */
export interface Whose {
  email: string | null
  organization: string | null
}

/** All that the words about a sign-in are made of. Times in epoch milliseconds. */
export interface SignInFacts {
  /** When it began: the sign-in ended, the server fell silent… */
  sinceMs: number | null
  nowMs: number
  expected: Whose
  actual: Whose
  /** `alerts.runbook` of the configuration. */
  runbook: string | null
  loginEndsAtMs: number | null
  /** `onSignInRequired: fail`: Claude does not start. */
  launchStopped?: boolean
  /** Another account of the same organization, distinguished only by its UUID. */
  otherAccount?: boolean
  /** Why the login file that is there can't be used, in a few words; empty: it can, or there is none. */
  unreadable?: string
  /** A new long-lived token is what helps. */
  longLived?: boolean
}

/** The runbook in this package, when the configuration names none. */
const ownRunbook = 'docs/runbook.md'

/** Sentences for one line, best first: the first that fits the width is said. */
type Options = [string, ...string[]]

/** The lines for a needed sign-in, at most six. */
export function signInSentences(facts: SignInFacts, because: SignInReason): Options[] {
  return [
    ...happened(facts, because),
    ...(facts.launchStopped ? [['Claude was not started.'] as Options] : []),
    [`Type: claude-auth login${facts.longLived ? ' --long-lived' : ''}   (works over SSH)`],
    ...emailLine(
      facts.expected.email ?? (because === 'wrong-identity' ? null : facts.actual.email),
    ),
    [`More: ${runbookEntry(facts.runbook, because)}`],
  ]
}

/** The runbook's entry for a reason; an address that already points into its page stays as it is. */
export function runbookEntry(runbook: string | null, because: string): string {
  const page = clean(runbook ?? '', 1_000).replaceAll(' ', '%20') || ownRunbook
  return page.includes('#') ? page : `${page}#${because}`
}

function happened(facts: SignInFacts, because: SignInReason): Options[] {
  const email = facts.expected.email ?? facts.actual.email
  const forWhom = email === null ? '' : ` for ${clean(email)}`
  const sinceMs = facts.sinceMs ?? (because === 'login-ended' ? facts.loginEndsAtMs : null)
  const on = sinceMs === null ? '' : ` on ${dateTimeWords(sinceMs, facts.nowMs)}`
  const ago = sinceMs === null ? '' : ` (${agoWords(sinceMs, facts.nowMs)})`
  switch (because) {
    case 'never-signed-in':
      return [['You have not signed in to Claude here yet.']]
    case 'signed-out':
      return [[`You signed out${on}${ago}.`], ['You stay signed out until you sign in again.']]
    case 'login-lost':
      return [
        [`Your login${forWhom} was lost${on}${ago}.`, `Your login was lost${on}${ago}.`],
        noCopy(facts.unreadable ?? ''),
      ]
    case 'grant-refused':
      return [
        [
          `Your sign-in${forWhom} stopped working${on}${ago}.`,
          `Your sign-in stopped working${on}${ago}.`,
        ],
        ['The server no longer accepts it; only a new sign-in helps.'],
      ]
    case 'login-ended':
      return facts.longLived
        ? [[`Your long-lived token ended${on}${ago}.`]]
        : [[`Your sign-in${forWhom} ended${on}${ago}.`, `Your sign-in ended${on}${ago}.`]]
    case 'wrong-identity':
      return wrongIdentity(facts, on, ago)
  }
}

function noCopy(unreadable: string): Options {
  if (unreadable === '') return ['There is no copy that could be put back.']
  return [
    `No copy, and the login file is no use: ${clean(unreadable, 60)}.`,
    'There is no copy, and the login file is of no use.',
  ]
}

/** What is wrong about whose login it is, in two sentences; `on` and `ago`: since when, or empty. */
export function wrongIdentity(
  facts: Pick<SignInFacts, 'expected' | 'actual' | 'otherAccount'>,
  on: string,
  ago: string,
): [Options, Options] {
  const { expected, actual, otherAccount } = facts
  const seen = on === '' ? '' : `, seen${on}${ago}`
  const sameEmail =
    actual.email !== null && actual.email.toLowerCase() === expected.email?.toLowerCase()
  if (sameEmail && (otherAccount || actual.organization === null)) {
    const another = `This is another ${otherAccount ? 'account' : 'organization'} with the same e-mail`
    return [[`${another}${seen}.`, `${another}.`], ['It is not the one that is expected here.']]
  }
  const byOrganization = sameEmail && actual.organization !== null
  const whose = byOrganization ? actual.organization : actual.email
  const wanted = byOrganization ? expected.organization : expected.email
  const kind = byOrganization ? 'organization ' : ''
  const found = whose === null ? 'another user' : `${kind}${cleanMiddle(whose, 44 - kind.length)}`
  return [
    [`This is the login of ${found}${seen}.`, `This is the login of ${found}.`],
    wanted === null
      ? ['It is not the one that is expected here.']
      : [`Expected here: ${kind}${cleanMiddle(wanted, 50 - kind.length)}.`],
  ]
}

function emailLine(email: string | null): Options[] {
  if (email === null || clean(email) === '') return []
  return [[`Sign in with the e-mail ${clean(email)}`, `E-mail: ${cleanMiddle(email, 58)}`]]
}
