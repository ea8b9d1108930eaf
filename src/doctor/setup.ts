// The configuration: whether claude-auth is on, and which credential signs requests.

import { leftMark } from '../config/config.js'
import type { Misfit } from '../config/problem.js'
import { isLongLivedShape } from '../policy/long-lived.js'
import { ownPaths } from '../system/paths.js'
import { quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { type Finding, found, ok, shown, type Words, words } from './check.js'
import { type LoginFacts, pathFacts } from './login-facts.js'

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

/** The mark of a user who has left; null where there is none. */
export function left({ place, run }: LoginFacts): Finding | null {
  const { uid, user } = place.person
  const mark = leftMark(uid)
  if (run.config.off?.because === 'left') return found('note', leftWords.ended(user))
  return pathFacts(mark) === null ? null : found('warn', leftWords.notRoots(mark))
}

/** Which credential signs requests, and where it comes from. */
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

const leftWords = {
  ended: (user: string) =>
    words(
      'An admin has ended your login: it is neither renewed nor restored, and its refresh token is not handed back.',
      `sudo claude-auth offboard ${quoted(user)}`,
    ),
  notRoots: (mark: string) =>
    words(
      `The mark of a user who has left does not belong to root, so it is ignored: ${shown(mark)}.`,
      `ls -ld ${quoted(mark)}`,
    ),
}

const modeWords = {
  on: 'claude-auth is on.',
  off: (why: string, file: string | null) =>
    words(`claude-auth is switched off ${why}${file === null ? '' : ` (${shown(file)})`}.`),
  whyOff: {
    left: 'for you: an admin has ended your login',
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
      `A setting is wrong or does not fit you; only the feature that it configures is off: ${clean(what, 400)}${more > 0 ? ` (and ${more} more)` : ''}.`,
      hint,
    ),
  overruled: (keys: readonly string[]) =>
    words(`The machine's configuration overrules yours: ${clean(keys.join(', '), 200)}.`),
  config: (files: string[]) =>
    files.length === 0
      ? 'There is no configuration file; every setting has its default.'
      : `The configuration is in order: ${files.map(shown).join(', ')}.`,
}

const credentialWords = {
  login: (file: string) => `Your own login signs Claude's requests (${shown(file)}).`,
  longLived: 'A long-lived token in the login file signs the requests.',
  none: 'No other credential is set here.',
  other: (wins: string, name: string, isEnvironment: boolean): Words =>
    words(
      `${clean(wins, 300)} signs the requests, not your login.`,
      isEnvironment ? `unset ${clean(name, 80)}` : null,
    ),
  shared: (from: string): Words =>
    words(
      `CLAUDE_CODE_OAUTH_TOKEN from ${clean(from, 300)} is not your own: all who use it count as one person.`,
      'unset CLAUDE_CODE_OAUTH_TOKEN',
    ),
}
