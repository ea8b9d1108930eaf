// What doctor says about the login: file, token, identity, custody, store and Vault.

import type { SignInReason } from '../outcome.js'
import { clean } from './clean.js'
import { pasted, shown, type Words, words } from './doctor-text.js'
import { agoWords, dateTimeWords, durationWords } from './duration-words.js'
import { reasonWords } from './reason-words.js'

const atNextLaunch = 'the next launch'

export const modeWords = {
  on: 'claude-auth is on.',
  off: (why: string, file: string | null) =>
    words(`claude-auth is switched off ${why}${file === null ? '' : ` (${shown(file)})`}.`),
  whyOff: {
    config: 'by the configuration',
    'not-enrolled': 'for you: the roster does not list you',
    parked: 'for you: the roster has parked you',
    'folder-not-listed': 'for this login folder: it is not among the profiles',
  },
  observe: words('claude-auth only observes (mode: observe): it changes nothing by itself.'),
  notYours: words(
    'This home or login folder belongs to another user: claude-auth leaves it alone.',
  ),
  overruled: (keys: string[]) =>
    words(`The machine's configuration overrules yours: ${clean(keys.join(', '), 200)}.`),
  config: (files: string[]) =>
    files.length === 0
      ? 'There is no configuration file; all is at its default.'
      : `The configuration is in order: ${files.map(shown).join(', ')}.`,
}

export const credentialWords = {
  login: (file: string) => `Your own login signs Claude's requests (${shown(file)}).`,
  longLived: 'A long-lived token in the login file signs the requests.',
  none: 'Nothing else than a login could sign here.',
  other: (wins: string, name: string, isEnvironment: boolean): Words =>
    words(
      `${clean(wins, 300)} signs the requests, not your login.`,
      isEnvironment ? `unset ${clean(name, 80)}` : null,
    ),
  shared: (from: string): Words =>
    words(
      `CLAUDE_CODE_OAUTH_TOKEN from ${clean(from, 300)} is not your own: whoever has it counts as one person.`,
      'unset CLAUDE_CODE_OAUTH_TOKEN',
    ),
}

export const fileWords = {
  good: (isLink: boolean) => `The login file is whole${isLink ? ' (through a link)' : ''}.`,
  signIn: (because: SignInReason, command: string) =>
    words(`There is no usable login: ${reasonWords(because)}.`, command),
  missing: 'The login file holds no login',
  blank: 'The login was emptied',
  unreadable: (what: string) => `The login file can't be used: ${clean(what, 200)}`,
  healed: (what: string) =>
    words(`${what}; ${atNextLaunch} puts it right.`, 'claude-auth ensure --force'),
  lost: (what: string, command: string) => words(`${what}, and no copy can be had now.`, command),
  ended: 'The login was emptied, for its sign-in has ended.',
  comments: (file: string) =>
    words(`Comments in ${shown(file)} keep Claude from reading it.`, `vi ${pasted(file)}`),
  open: (file: string, mode: string) =>
    words(`Others may read or write your login file (mode ${mode}).`, `chmod 600 ${pasted(file)}`),
  foreign: (file: string, uid: number) =>
    words(`Your login file belongs to user ${uid}.`, `ls -l ${pasted(file)}`),
  private: 'Only you may read it.',
  place: 'Nobody else can put another file in its place.',
  unsafe: (folder: string, why: string, isYours: boolean) =>
    words(
      `${shown(folder)}, above your login, ${why}.`,
      isYours ? `chmod go-w ${pasted(folder)}` : `ls -ld ${pasted(folder)}`,
    ),
  openOurs: (paths: string[]) =>
    words(
      `Others may read what is private: ${paths.map(shown).join(', ')}.`,
      `chmod go= ${paths.map(pasted).join(' ')}`,
    ),
  closedOurs: 'State and sealed copy are private.',
  complete: 'No field of the login is missing.',
  incomplete: words(
    `A faulty refresh dropped fields of the login; ${atNextLaunch} puts them back.`,
    'claude-auth ensure --force',
  ),
  endless: words(
    'The login has a refresh token but no end: Claude may never renew it.',
    'claude-auth ensure --force',
  ),
  answer: words(
    `A renewal that was cut off left its answer behind; ${atNextLaunch} installs it.`,
    'claude-auth ensure --force',
  ),
  cutOff: words(
    `A renewal was cut off before its answer came; ${atNextLaunch} looks what became of it.`,
    'claude-auth ensure --force',
  ),
  narrower: words('The last renewal granted less than the sign-in did.', 'claude-auth login'),
}

export const serverWords = {
  accepted: (email: string | null, organization: string | null) => {
    const of = organization === null ? '' : ` of ${clean(organization, 60)}`
    return `The server accepts it: ${clean(email ?? 'an account without e-mail', 80)}${of}.`
  },
  refused: words(
    `The server refuses this token before its end; ${atNextLaunch} renews it.`,
    'claude-auth ensure --force',
  ),
  refusedDead: words('The server refuses this token before its end.'),
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
  wrong: (actual: string | null, expected: string | null) =>
    words(
      `This is the login of ${clean(actual ?? 'somebody else', 80)}; expected is ${clean(expected ?? 'another account', 80)}.`,
      'claude-auth login',
    ),
}

export const tokenWords = {
  good: (endMs: number, nowMs: number, isDue: boolean) => {
    const left = `The token is good for ${durationWords(endMs - nowMs)}, until ${dateTimeWords(endMs, nowMs)}`
    return isDue ? `${left}; ${atNextLaunch} renews it.` : `${left}; it renews by itself.`
  },
  lasting: 'A long-lived token needs no renewal.',
  ended: (endMs: number, nowMs: number) =>
    words(
      `The token ended ${agoWords(endMs, nowMs)}; ${atNextLaunch} renews it.`,
      'claude-auth ensure --force',
    ),
  endedSilent: (endMs: number, nowMs: number) =>
    words(
      `The token ended ${agoWords(endMs, nowMs)} and cannot be renewed now.`,
      'claude-auth ensure --force',
    ),
  endedDead: (endMs: number, nowMs: number) => words(`The token ended ${agoWords(endMs, nowMs)}.`),
}

export const loginEndWords = {
  unknown: 'When the sign-in ends is not known here (only newer clients note it).',
  far: (endMs: number, nowMs: number) =>
    `The sign-in ends in ${durationWords(endMs - nowMs)}, on ${dateTimeWords(endMs, nowMs)}.`,
  near: (endMs: number, nowMs: number, command: string) =>
    words(
      `The sign-in ends in ${durationWords(endMs - nowMs)}, on ${dateTimeWords(endMs, nowMs)}.`,
      command,
    ),
  over: (command: string) => words('The sign-in has come to its end.', command),
}

export const renewalWords = {
  good: 'Nothing stands in the way of the next renewal.',
  refused: (command: string) => words('The server no longer accepts the sign-in.', command),
  lost: (command: string) =>
    words('The login cannot be renewed, and no copy can be used.', command),
  failing: (count: number, nextMs: number, nowMs: number) => {
    const times = count === 1 ? 'The last renewal' : `The last ${count} renewals`
    const next = nextMs > nowMs ? ` in ${durationWords(nextMs - nowMs)}` : ' at the next launch'
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

export const storeWords = {
  none: words('No copy is kept (store: none): a lost login means a sign-in.'),
  opens: (kind: 'local' | 'vault') =>
    kind === 'local' ? 'The sealed local store opens.' : 'The document in Vault can be read.',
  notAsked: words('Vault was not asked (--offline); the sealed copy here counts.'),
  trouble: (what: string): Words => {
    const [cause = '', command = null] = what.split('; type: ')
    const sentence = cause.charAt(0).toUpperCase() + cause.slice(1)
    return words(`${clean(sentence, 400)}.`, command && clean(command, 400))
  },
  current: (kind: 'local' | 'vault', atMs: number | null, nowMs: number) => {
    const where = kind === 'vault' ? ' in Vault' : ''
    return `The login is backed up${where}${atMs === null ? '' : ` (${agoWords(atMs, nowMs)})`}.`
  },
  behind: words(
    `The copy in the store is not this login's; ${atNextLaunch} stores it.`,
    'claude-auth ensure --force',
  ),
  empty: words(`No copy is stored yet; ${atNextLaunch} stores one.`, 'claude-auth ensure --force'),
  pending: (sinceMs: number, what: string, nowMs: number) =>
    words(
      `Not backed up for ${durationWords(nowMs - sinceMs)}: ${clean(what.split('; type: ')[0] ?? '', 300)}.`,
      'claude-auth ensure --force',
    ),
  previous: 'The version before is kept as a spare.',
  noPrevious: 'There is no earlier version yet.',
  fromPrevious: (what: string) =>
    words(`${clean(what, 300)}; the version before is used.`, 'claude-auth ensure --force'),
}

export const vaultWords = {
  period: (endMs: number, nowMs: number) =>
    `The Vault token is good for ${durationWords(endMs - nowMs)} and is renewed when used.`,
  endless: 'The Vault token has no end.',
  unknown: 'The Vault token may be used; its policies do not let it look itself up.',
  jwt: 'The JWT opens a session.',
  notRenewable: (endMs: number, nowMs: number) =>
    words(
      `The Vault token cannot be renewed and ends in ${durationWords(endMs - nowMs)}: ask who runs Vault for a periodic one.`,
    ),
  drift: (what: string) => words(`${clean(what, 400)}: ask who runs Vault whether that is meant.`),
  isolated: (paths: number) =>
    `Others' documents are refused to your token (${paths === 1 ? 'one was' : `${paths} were`} tried).`,
  open: (path: string) =>
    words(
      `Your Vault token opens another user's document (${shown(path)}): tell who runs Vault.`,
      null,
    ),
  silent: words('Vault gave no answer about the documents of others.'),
  onePath: words('The path in Vault names no user, so there is nobody to be kept apart.'),
  unusedToken: words(
    'A long-lived token (setup_token) lies unused in the document; credential: long-lived would use it.',
  ),
  unproved: words(
    'Whose the long-lived token is was never recorded, and cannot be asked: mint a new one.',
    'claude-auth login --long-lived',
  ),
}
