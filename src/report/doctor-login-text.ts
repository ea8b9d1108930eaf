// What doctor says about the login: whether we are on, what signs, and the file.

import type { Misfit } from '../host/config/resolved.js'
import type { SignInReason } from '../outcome.js'
import { clean } from './clean.js'
import { pasted, shown, type Words, words } from './doctor-text.js'
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
  distrusted: words(
    'Others can change this home or login folder: claude-auth reads nothing in it.',
  ),
  misfit: ({ what, hint }: Misfit, more: number) =>
    words(
      `A setting does not fit you, and only what it is about is off: ${clean(what, 400)}${more > 0 ? ` (and ${more} more)` : ''}.`,
      hint,
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
  marked: 'A byte order mark keeps Claude from reading the login file',
  unreadable: (what: string) => `The login file can't be used: ${clean(what, 200)}`,
  healed: (what: string) =>
    words(`${what}; ${atNextLaunch} puts it right.`, 'claude-auth ensure --force'),
  lost: (what: string, command: string) => words(`${what}, and no copy can be had now.`, command),
  left: (what: string, command: string) => words(`${what}; claude-auth leaves it so.`, command),
  ended: 'The login was emptied, for its sign-in has ended.',
  comments: (file: string) =>
    words(`Comments in ${shown(file)} keep Claude from reading it.`, `vi ${pasted(file)}`),
  open: (file: string, mode: string) =>
    words(`Others may read or write your login file (mode ${mode}).`, `chmod 600 ${pasted(file)}`),
  closedFile: ({ path, what, hint }: { path: string; what: string; hint: string }) =>
    words(`${path.endsWith('.json') ? 'Your login file' : shown(path)} ${clean(what, 200)}.`, hint),
  private: 'Only you may read it.',
  place: 'Nobody else can put another file in its place.',
  unsafe: (folder: string, why: string, change: 'yours' | 'sudo' | 'ask') =>
    words(
      `${shown(folder)}, above your login, ${why}.`,
      change === 'ask'
        ? `ls -ld ${pasted(folder)}`
        : `${change === 'sudo' ? 'sudo ' : ''}chmod go-w ${pasted(folder)}`,
    ),
  openOurs: (paths: string[]) =>
    words(
      `Others may read what is private: ${paths.map(shown).join(', ')}.`,
      `chmod go= ${paths.map(pasted).join(' ')}`,
    ),
  closedOurs: 'State and sealed copy are private.',
  ours: 'What is renewed can be saved.',
  odd: ({ path, why, isEmpty }: { path: string; why: string; isEmpty: boolean }, home: string) =>
    words(
      `${shown(path)} ${why}, so claude-auth can't use it.`,
      isEmpty ? `rm ${pasted(path)}` : `mv ${pasted(path)} ${pasted(home)}/`,
    ),
  taken: (path: string, uid: number, user: string) =>
    words(
      `${shown(path)} belongs to user ${uid}: no login can be saved.`,
      `sudo chown -R ${user} ${pasted(path)}`,
    ),
  closed: (path: string) =>
    words(`${shown(path)} is closed to you: no login can be saved.`, `chmod u+rwX ${pasted(path)}`),
  readOnly: (path: string) =>
    words(
      `${shown(path)} is on a file system that is read-only: no login can be saved.`,
      `findmnt -T ${pasted(path)}`,
    ),
  complete: 'No field of the login is missing.',
  incomplete: words(
    `A faulty refresh dropped fields of the login; ${atNextLaunch} puts them back.`,
    'claude-auth ensure --force',
  ),
  incompleteStays: words('A faulty refresh dropped fields of the login.'),
  endless: words(
    'The login has a refresh token but no end: Claude may never renew it.',
    'claude-auth ensure --force',
  ),
  answer: words(
    `A renewal that was cut off left its answer behind; ${atNextLaunch} installs it.`,
    'claude-auth ensure --force',
  ),
  answerStays: words('A renewal that was cut off left its answer behind.'),
  cutOff: words(
    `A renewal was cut off before its answer came; ${atNextLaunch} looks what became of it.`,
    'claude-auth ensure --force',
  ),
  narrower: words('The last renewal granted less than the sign-in did.', 'claude-auth login'),
}
