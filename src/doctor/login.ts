// Checks of the login as it lies there: the file, its place, and what is left beside it.

import type { Misfit } from '../config/problem.js'
import { isLongLivedShape, signInCommand } from '../policy/long-lived.js'
import type { SignInReason } from '../policy/outcome.js'
import { isSignInReason, reasonWords } from '../policy/reasons.js'
import { ownPaths } from '../system/paths.js'
import { clean } from '../text/clean.js'
import { type Finding, found, ok } from './check.js'
import type { EngineFacts } from './engine-facts.js'
import { type LoginFacts, pathFacts } from './login-facts.js'
import { pasted, shown, type Words, words } from './words.js'

export type Both = { login: LoginFacts; engine: EngineFacts }

/** Is there a login, whole and usable? */
export function loginFile({ login, engine }: Both): Finding | null {
  if (!login.place.owned) return null
  const { seen, decision, nowMs } = engine
  const { file } = seen
  const command = signInCommand(seen.state, nowMs)
  if (file.kind === 'closed') {
    const { path } = file.closed
    // The check of the folders above tells which one is open, and mends it.
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
  // The check of the file itself tells whose it is.
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
  // A folder for everybody, as /tmp is, has to stay one.
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

/** Can what we get be saved? */
export function ownFiles({ closed, odd, place }: LoginFacts): Finding | null {
  if (closed === null) {
    // The next run puts another in the place of most.
    if (odd !== null)
      return found(odd.isNeeded ? 'fail' : 'warn', fileWords.odd(odd, place.person.home))
    return place.owned ? ok(fileWords.ours) : null
  }
  if (closed.why === 'read-only') return found('fail', fileWords.readOnly(closed.path))
  if (closed.why === 'foreign')
    return found('fail', fileWords.taken(closed.path, closed.uid, place.person.user))
  const mode = closed.mode | 0o700
  return found('fail', fileWords.closed(closed.path), { do: 'chmod', path: closed.path, mode })
}

export function privateFiles({ open }: LoginFacts): Finding {
  if (open.length === 0) return ok(fileWords.closedOurs)
  const fixes = open.map(({ path, mode }) => ({ do: 'chmod', path, mode: mode & 0o700 }) as const)
  return found('warn', fileWords.openOurs(open.map(({ path }) => path)), ...fixes)
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

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, '0')
}

// Checks of the configuration: is it on, and who signs at all.

export function config({ place, run }: LoginFacts): Finding {
  const { overruled, misfits } = run.config
  const [first] = misfits
  if (first) return found('warn', modeWords.misfit(first, misfits.length - 1))
  if (overruled.length > 0) return found('note', modeWords.overruled(overruled))
  const { systemConfig, userConfig } = ownPaths(run.env, place.person.home)
  return ok(modeWords.config([systemConfig, userConfig].filter(path => pathFacts(path) !== null)))
}

export function mode({ place, run }: LoginFacts): Finding {
  const { mode, off } = run.config
  if (!place.owned) return found('note', place.foreign ? modeWords.notYours : modeWords.distrusted)
  if (off) return found('note', modeWords.off(modeWords.whyOff[off.because], off.file))
  return mode === 'observe' ? found('note', modeWords.observe) : ok(modeWords.on)
}

/** Who signs a request, and where that credential comes from. */
export function credential({ run, seen, place }: LoginFacts): Finding {
  const other = run.otherCredential ?? (seen.state.file.kind === 'login' ? null : run.standIn)
  if (other !== null) {
    const name = other.wins.split(' ')[0] ?? ''
    return found('note', credentialWords.other(other.wins, name, other.from === 'environment'))
  }
  const { file } = seen.state
  if (file.kind !== 'login') return ok(credentialWords.none)
  if (isLongLivedShape(file.login)) return ok(credentialWords.longLived)
  return ok(credentialWords.login(place.paths.loginFile))
}

/** A token in the environment that is not this user's own, as far as we know. */
export function sharedToken({ run, seen }: LoginFacts): Finding | null {
  const other = run.otherCredential
  if (!other?.tokenHash) return null
  const { file } = seen.state
  const own = [file.kind === 'login' ? file.login.accessHash : null, run.memory.held?.accessHash]
  if (own.includes(other.tokenHash)) return null
  return found('warn', credentialWords.shared(other.from))
}

// What doctor says about the login: whether we are on, what signs, and the file.

const atNextLaunch = 'the next launch'

const modeWords = {
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
  overruled: (keys: readonly string[]) =>
    words(`The machine's configuration overrules yours: ${clean(keys.join(', '), 200)}.`),
  config: (files: string[]) =>
    files.length === 0
      ? 'There is no configuration file; all is at its default.'
      : `The configuration is in order: ${files.map(shown).join(', ')}.`,
}

const credentialWords = {
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

const fileWords = {
  good: (isLink: boolean) => `The login file is whole${isLink ? ' (through a link)' : ''}.`,
  signIn: (because: SignInReason, command: string) =>
    words(`There is no usable login: ${reasonWords[because]}.`, command),
  missing: 'The login file holds no login',
  blank: 'The login was emptied',
  marked: 'A byte order mark keeps Claude from reading the login file',
  unreadable: (what: string) => `The login file can't be used: ${clean(what, 200)}`,
  healed: (what: string) =>
    words(`${what}; ${atNextLaunch} puts it right.`, 'claude-auth ensure --force'),
  lost: (what: string, command: string) => words(`${what}, and no copy can be had now.`, command),
  left: (what: string, command: string) => words(`${what}; claude-auth leaves it so.`, command),
  ended: 'The login was cleared because the sign-in expired.',
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
