// Checks of the login on disk: the file, its place, what is left beside it, and which files around it are not read.

import { existsSync } from 'node:fs'
import { furtherCertificateFiles, networkSettings } from '../anthropic/network.js'
import { profileFiles, profilePlace } from '../login/credentials.js'
import { signInCommand } from '../policy/long-lived.js'
import type { SignInReason } from '../policy/outcome.js'
import { isSignInReason, reasonWords } from '../policy/outcome.js'
import { type Distrust, distrustHint, distrustOf } from '../system/trusted-path.js'
import { clean } from '../text/clean.js'
import { type Finding, found, ok, pasted, shown, words } from './check.js'
import type { ClientFacts } from './client.js'
import type { EngineFacts } from './engine-facts.js'
import { type LoginFacts, pathFacts } from './login-facts.js'

export type Both = { login: LoginFacts; engine: EngineFacts }

/** Is there a login, whole and usable? */
export function loginFile({ login, engine }: Both): Finding | null {
  if (!login.place.owned) return null
  const { seen, decision, nowMs } = engine
  const { file } = seen
  const command = signInCommand(seen.state, nowMs)
  if (file.kind === 'closed') {
    const { path } = file.closed
    // The check of the folders above tells which one is open, and fixes it.
    if (login.unsafe?.path === path) return null
    const isOwn = login.file?.path === path && login.file.uid === login.place.person.uid
    const fix = isOwn ? [{ do: 'chmod', path, mode: 0o600 } as const] : []
    return found('fail', fileWords.closedFile(file.closed), ...fix)
  }
  if (decision.because === 'signed-out')
    return found('fail', fileWords.signIn('signed-out', command))
  if (file.kind === 'login') {
    if (seen.state.file.kind === 'login' && seen.state.file.marked)
      return found('warn', fileWords.healed(fileWords.marked), { do: 'ensure' })
    if (login.hasComments) return found('fail', fileWords.comments(login.place.paths.loginFile))
    return ok(fileWords.good(login.isLink))
  }
  // The check of the sign-in's end tells why.
  if (decision.because === 'login-ended')
    return found('note', { message: fileWords.ended, hint: null })
  if (decision.do === 'sign-in' && isSignInReason(decision.because))
    return found('fail', fileWords.signIn(decision.because, command))
  const what = file.kind === 'unreadable' ? fileWords.unreadable(file.what) : fileWords[file.kind]
  const { kind } = engine.prospect
  if (kind === 'left') return found('fail', fileWords.left(what, command))
  return kind === 'renewed' || kind === 'restored'
    ? found('warn', fileWords.healed(what), { do: 'ensure' })
    : found('fail', fileWords.lost(what, command))
}

/** Owner and mode of the login file. */
export function loginMode({ file, place }: LoginFacts): Finding | null {
  if (file === null) return null
  const { path, uid, mode } = file
  // The check of the file itself names the owner.
  if (uid !== place.person.uid) return null
  if ((mode & 0o077) === 0) return ok(fileWords.private)
  return found('warn', fileWords.open(path, octal(mode)), { do: 'chmod', path, mode: 0o600 })
}

/** The folders above it, as OpenSSH judges them. */
export function loginPlace({ unsafe, place }: LoginFacts): Finding {
  if (unsafe === null) return ok(fileWords.place)
  const { path, uid, mode, why } = unsafe
  if (uid === place.person.uid)
    return found('warn', fileWords.unsafe(path, why, 'yours'), {
      do: 'chmod',
      path,
      mode: mode & ~0o022,
    })
  // A shared folder such as /tmp has to stay shared.
  const isRoots = uid === 0 && (mode & 0o1000) === 0
  return found('warn', fileWords.unsafe(path, why, isRoots ? 'sudo' : 'ask'))
}

/** What a faulty refresh dropped. */
export function loginFields({ engine }: Both): Finding | null {
  const { state } = engine.seen
  if (state.file.kind !== 'login') return null
  const { incomplete, login } = state.file
  if (incomplete)
    return isActing(engine)
      ? found('warn', fileWords.incomplete, { do: 'ensure' })
      : found('note', fileWords.incompleteStays)
  if (login.expiresAtMs === null && login.refreshHash !== null)
    return found('warn', fileWords.endless, { do: 'ensure' })
  return ok(fileWords.complete)
}

/** An answer that an earlier run left behind. */
export function answer({ login: { answer }, engine }: Both): Finding | null {
  if (answer === 'none') return null
  if (!isActing(engine)) return found('note', fileWords.answerStays)
  const words = answer === 'answered' ? fileWords.answer : fileWords.cutOff
  return found('warn', words, { do: 'ensure' })
}

/** Nothing keeps the next run from changing what it finds. */
function isActing({ prospect }: EngineFacts): boolean {
  return prospect.kind !== 'left' && !(prospect.kind === 'hindered' && prospect.because === 'here')
}

/** Does the login do less than it did? */
export function scope({ run }: LoginFacts): Finding | null {
  return run.memory.narrower ? found('warn', fileWords.narrower) : null
}

/**
 * Of the client's configuration and settings, the profiles of Anthropic's tools and the certificates that are named, those that are
 * there and are not read; and variables that don't count for where they lead. What a check of its own tells of is left out.
 */
export function unreadFiles({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding | null {
  const { place } = login
  if (!place.owned) return null
  const { uid } = place.person
  const told = [login.unsafe?.path, ...client.open.map(({ path }) => path)]
  const files = filesOf(login).filter(file => existsSync(file))
  const unread: Unread[] = [
    ...files.map(file => ({ name: null, file })),
    ...client.strange.map(({ name, path }) => ({ name, file: path })),
  ].flatMap(each => {
    const distrust = distrustOf(each.file, uid)
    return distrust === null || told.includes(distrust.path) ? [] : [{ ...each, distrust }]
  })
  const [first] = unread
  if (first === undefined) return ok(unreadWords.none)
  return found('warn', unreadWords.unread(first, unread.length - 1, uid), ...closing(first, uid))
}

function filesOf({ place, run, settings }: LoginFacts): string[] {
  return [
    place.paths.clientConfig,
    ...settings.notes.filter(({ clientReads }) => clientReads).map(({ file }) => file),
    ...profileFiles(profilePlace(run.env, settings, place.person.home)),
    ...furtherCertificateFiles(networkSettings(run.env, settings)),
  ]
}

interface Unread {
  /** The variable that leads there and does not count for that. */
  name: string | null
  file: string
  distrust: Distrust
}

/** What is this user's own and open to others can be closed. */
function closing({ distrust }: Unread, uid: number) {
  const about = pathFacts(distrust.path)
  const isOwn = about?.uid === uid && (about.mode & 0o1000) === 0
  if (!isOwn || (about.mode & 0o022) === 0) return []
  return [{ do: 'chmod', path: about.path, mode: about.mode & ~0o022 } as const]
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, '0')
}

const atNextLaunch = 'the next launch'

const fileWords = {
  good: (isLink: boolean) => `The login file is intact${isLink ? ' (through a link)' : ''}.`,
  signIn: (because: SignInReason, command: string) =>
    words(`There is no usable login: ${reasonWords[because]}.`, command),
  missing: 'The login file holds no login',
  blank: 'The login was emptied',
  marked: 'A byte order mark keeps Claude from reading the login file',
  unreadable: (what: string) => `The login file can't be used: ${clean(what, 200)}`,
  healed: (what: string) =>
    words(`${what}; ${atNextLaunch} fixes it.`, 'claude-auth ensure --force'),
  lost: (what: string, command: string) => words(`${what}, and no copy is available now.`, command),
  left: (what: string, command: string) =>
    words(`${what}; claude-auth leaves it as it is.`, command),
  ended: 'The login was cleared because the sign-in expired.',
  comments: (file: string) =>
    words(`Comments in ${shown(file)} keep Claude from reading it.`, `vi ${pasted(file)}`),
  open: (file: string, mode: string) =>
    words(`Others may read or write your login file (mode ${mode}).`, `chmod 600 ${pasted(file)}`),
  closedFile: ({ path, what, hint }: { path: string; what: string; hint: string }) =>
    words(`${path.endsWith('.json') ? 'Your login file' : shown(path)} ${clean(what, 200)}.`, hint),
  private: 'Only you may read it.',
  place: 'Nobody else can replace it.',
  unsafe: (folder: string, why: string, change: 'yours' | 'sudo' | 'ask') =>
    words(
      `${shown(folder)}, above your login, ${why}.`,
      change === 'ask'
        ? `ls -ld ${pasted(folder)}`
        : `${change === 'sudo' ? 'sudo ' : ''}chmod go-w ${pasted(folder)}`,
    ),
  complete: 'No field of the login is missing.',
  incomplete: words(
    `A faulty refresh dropped fields of the login; ${atNextLaunch} puts them back.`,
    'claude-auth ensure --force',
  ),
  incompleteStays: words('A faulty refresh dropped fields of the login.'),
  endless: words(
    'The login has a refresh token but no expiry: Claude may never renew it.',
    'claude-auth ensure --force',
  ),
  answer: words(
    `An interrupted renewal left its answer behind; ${atNextLaunch} installs it.`,
    'claude-auth ensure --force',
  ),
  answerStays: words('An interrupted renewal left its answer behind.'),
  cutOff: words(
    `A renewal was interrupted before its answer came; ${atNextLaunch} finds out what became of it.`,
    'claude-auth ensure --force',
  ),
  narrower: words(
    'The last renewal granted fewer scopes than the sign-in did.',
    'claude-auth login',
  ),
}

const unreadWords = {
  none: 'No file that affects the login is in a place that other users control.',
  unread: ({ name, file, distrust }: Unread, others: number, uid: number) => {
    const what = name === null ? `${shown(file)} is not read` : `${name} does not count`
    const where = distrust.path === file && name === null ? 'it' : shown(distrust.path)
    const more = others === 0 ? '' : ` (and ${others} more)`
    return words(
      `${what}: ${where} ${clean(distrust.why, 100)}${more}.`,
      distrustHint(distrust, uid),
    )
  },
}
