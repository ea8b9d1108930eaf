// What doctor says about the token: what the server says of it, whose it is, how long it lasts and who keeps it.

import type { Prospect, SignInReason } from '../outcome.js'
import { clean } from './clean.js'
import { pasted, shown, words } from './doctor-text.js'
import { agoWords, dateTimeWords, spanWords } from './duration-words.js'
import { reasonWords } from './reason-words.js'
import { wrongIdentity } from './sign-in-text.js'

const atNextLaunch = 'the next launch'

export const serverWords = {
  accepted: (email: string | null, organization: string | null) => {
    const of = organization === null ? '' : ` of ${clean(organization, 60)}`
    return `The server accepts it: ${clean(email ?? 'an account without e-mail', 80)}${of}.`
  },
  refused: words(
    `The server refuses this token before its end; ${atNextLaunch} renews it.`,
    'claude-auth ensure --force',
  ),
  refusedAlone: words('The server refuses this token before its end.'),
  silent: (what: string) =>
    words(`The server gave no answer (${clean(what, 100)}).`, 'claude-auth doctor --only network'),
  answers: 'The server answers.',
  notAsked: (atMs: number | null, nowMs: number) =>
    words(
      atMs === null
        ? 'The server was not asked (--offline).'
        : `The server was not asked (--offline); it accepted the login ${agoWords(atMs, nowMs)}.`,
    ),
  longLived: 'The server cannot be asked whose a long-lived token is.',
}

export const identityWords = {
  right: "It is this user's own account.",
  unknown: words('Whose login it is will be known when the server was asked.'),
  pinned: (email: string | null) =>
    words(
      `No identity is configured; ${clean(email ?? 'the account', 80)}, seen first, is taken for yours.`,
    ),
  unpinned: words('No identity is configured; the account seen first is taken for yours.'),
  wrong: (facts: Parameters<typeof wrongIdentity>[0]) => {
    const [[found], [wanted]] = wrongIdentity(facts, '', '')
    return words(`${found} ${wanted}`, 'claude-auth login')
  },
}

export const tokenWords = {
  good: (endMs: number, nowMs: number, prospect: Prospect) =>
    `The token is good for ${spanWords(endMs, nowMs)}, until ${dateTimeWords(endMs, nowMs)}; ${becomes(prospect)}.`,
  /** No promise: what is done about it, the check of the server says. */
  refused: (endMs: number, nowMs: number) =>
    words(`The token was to last until ${dateTimeWords(endMs, nowMs)}; the server refuses it.`),
  lasting: 'A long-lived token needs no renewal.',
  endedDue: (endMs: number, nowMs: number) =>
    words(
      `The token ended ${agoWords(endMs, nowMs)}; ${atNextLaunch} renews it.`,
      'claude-auth ensure --force',
    ),
  /** Null: it is to be renewed, and that has failed so far. */
  ended: (endMs: number, nowMs: number, prospect: Prospect | null) => {
    const ended = `The token ended ${agoWords(endMs, nowMs)}`
    if (prospect === null)
      return words(`${ended}; it is renewed when the server answers.`, 'claude-auth ensure --force')
    return prospect.kind === 'sign-in'
      ? words(`${ended}.`)
      : words(`${ended}; ${becomes(prospect)}.`)
  },
}

function becomes(prospect: Prospect): string {
  switch (prospect.kind) {
    case 'renewed':
      return prospect.isDue ? `${atNextLaunch} renews it` : 'it renews by itself'
    case 'restored':
      return `${atNextLaunch} mends the login`
    case 'hindered':
      if (prospect.because === 'no-answer') return 'its renewal is tried again later'
      return 'it cannot be renewed as things are'
    case 'left':
      return 'claude-auth does not renew it'
    case 'lasting':
      return 'it needs no renewal'
    default:
      return 'it cannot be renewed'
  }
}

export const loginEndWords = {
  unknown: 'When the sign-in ends is not known here (only newer clients note it).',
  far: (endMs: number, nowMs: number) =>
    `The sign-in ends in ${spanWords(endMs, nowMs)}, on ${dateTimeWords(endMs, nowMs)}.`,
  near: (endMs: number, nowMs: number, command: string) =>
    words(
      `The sign-in ends in ${spanWords(endMs, nowMs)}, on ${dateTimeWords(endMs, nowMs)}.`,
      command,
    ),
  passed: (endMs: number, nowMs: number, command: string) =>
    words(
      `The sign-in was to last until ${dateTimeWords(endMs, nowMs)}; Claude works until its token ends.`,
      command,
    ),
  over: (command: string) => words('The sign-in has come to its end.', command),
}

export const renewalWords = {
  ends: (because: SignInReason, command: string) =>
    words(
      `The login works until its token ends and cannot be renewed: ${reasonWords(because)}.`,
      command,
    ),
  hindered: {
    store: words('No renewal is possible until the store answers.'),
    here: words('No renewal is possible: what is renewed could not be saved.'),
  },
  hinderedBy: (why: string) => {
    const [what = why, hint] = why.split('; type: ')
    return words(`The login cannot be renewed here: ${clean(what, 300)}.`, hint)
  },
  good: 'Nothing stands in the way of the next renewal.',
  refused: (command: string) => words('The server no longer accepts the sign-in.', command),
  lost: (command: string) =>
    words('The login cannot be renewed, and no copy can be used.', command),
  failing: (count: number, nextMs: number, nowMs: number) => {
    const times = count === 1 ? 'The last renewal' : `The last ${count} renewals`
    const next = nextMs > nowMs ? ` in ${spanWords(nextMs, nowMs)}` : ' at the next launch'
    return words(`${times} got no answer; it is tried again${next}.`, 'claude-auth ensure --force')
  },
  doubtful: words(
    'The answer to the last renewal was lost: the refresh token may be spent.',
    'claude-auth ensure --force',
  ),
}

export const custodyWords = {
  shared: 'Custody is shared: the refresh token is in the login file, as Claude wrote it.',
  sole: 'Custody is sole: the refresh token is sealed, and not in the login file.',
  plain: (file: string) =>
    words(
      `Custody is sole, but a refresh token stands in plain text in ${shown(file)}.`,
      'claude-auth ensure --force',
    ),
  unserved: (why: string) => {
    const [what = why, hint] = why.split('; type: ')
    const stays =
      'Custody is sole, but the refresh token stays in the login file, as nobody could renew it'
    return words(`${stays}: ${what}.`, hint)
  },
  copies: (files: string[]) =>
    words(
      `Custody is sole, but copies hold a refresh token in plain text: ${files.map(shown).join(', ')}.`,
      `rm ${files.map(pasted).join(' ')}`,
    ),
  alone: words(
    'Custody is sole, and neither wrapper, hooks nor timer are here to renew.',
    'claude-auth install',
  ),
}
