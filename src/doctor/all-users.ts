// Checks of a machine that is set up for all its users: `claude-auth doctor --system`.

import { existsSync } from 'node:fs'
import { isAdminKey } from '../config/admin.js'
import type { LoginContext } from '../engine/login-context.js'
import { exitCodes, type Verdict } from '../policy/outcome.js'
import type { Env } from '../system/paths.js'
import { listDirectory } from '../system/user-directory.js'
import type { Person } from '../system/users.js'
import { clean } from '../text/clean.js'
import { version } from '../version.js'
import { alertWords } from './alerts.js'
import { type AllUsersFacts, allUsersFacts } from './all-users-facts.js'
import {
  type Check,
  type Counts,
  configWrong,
  type Finding,
  found,
  needsCare,
  ok,
  pasted,
  shown,
  troubleWords,
  words,
} from './check.js'
import type { Examination } from './run.js'

const groups: Record<string, Record<string, (facts: AllUsersFacts) => Finding | null>> = {
  Program: { package: installed, places },
  Launch: { client, wrapper, hooks, settings },
  Renewal: { timer, 'user-timer': userTimer, users, 'fleet-timer': fleetTimer, skel },
  Shared: { base },
  Configuration: { config, mode, alerts },
}

/** In the order of the report. */
export const systemCheckIds: readonly string[] = Object.values(groups).flatMap(checks =>
  Object.keys(checks),
)

/** What the checks find; `only`: just this one. Where nothing is installed, what it would bring is left out. */
function systemChecks(facts: AllUsersFacts, only: string | null): Check[] {
  return Object.entries(groups).flatMap(([group, checks]) =>
    Object.entries(checks).flatMap(([id, find]) => {
      const finding = only === null || only === id ? find(facts) : null
      if (finding === null) return []
      return [{ id, group, state: finding.state, ...finding.words, fixes: [] }]
    }),
  )
}

function isHere({ installed }: Pick<AllUsersFacts, 'installed'>): boolean {
  return installed !== 'none'
}

function installed({ installed, runs }: AllUsersFacts): Finding {
  if (installed === 'none') return found('fail', allUsersWords.notInstalled)
  if (installed === 'unfinished') return found('fail', allUsersWords.unfinished)
  if (runs === null) return found('fail', allUsersWords.doesNotRun)
  return runs === version
    ? ok(allUsersWords.installed(runs))
    : found('warn', allUsersWords.otherVersion(runs, version))
}

function places({ installed, changed }: AllUsersFacts): Finding | null {
  if (installed === 'none') return null
  if (changed === 'needs-root')
    return found('note', allUsersWords.needsRoot('What install left behind'))
  return changed.length === 0
    ? ok(allUsersWords.inPlace)
    : found('warn', allUsersWords.changed(changed))
}

function client({ client, users }: AllUsersFacts): Finding {
  if (client !== null) return ok(allUsersWords.client(client))
  const own = users === 'needs-root' ? [] : users.filter(user => user.client !== null)
  return own.length > 0
    ? found('note', allUsersWords.ownClients(own.map(({ name }) => name)))
    : found('warn', allUsersWords.noClient)
}

function wrapper(facts: AllUsersFacts): Finding | null {
  const { path, kind } = facts.wrapper
  if (!isHere(facts)) return null
  if (kind === 'wrapper') return ok(allUsersWords.wrapper(path))
  if (kind === 'none' || kind === 'other') return found('warn', allUsersWords.noWrapper(path))
  return facts.hasProfile
    ? found('note', allUsersWords.clientInPlace(path))
    : found('warn', allUsersWords.noWrapper(path))
}

function hooks(facts: AllUsersFacts): Finding | null {
  const { file, kind, missing, dangling } = facts.hooks
  if (kind === 'broken') return found('fail', allUsersWords.brokenSettings(file))
  if (kind === 'none') return isHere(facts) ? found('warn', allUsersWords.noHooks(file)) : null
  if (missing.length > 0) return found('warn', allUsersWords.missingHooks(missing))
  if (dangling !== null) return found('warn', allUsersWords.danglingHook(dangling))
  return ok(allUsersWords.hooks(file))
}

function settings({ brokenSettings, hooks }: AllUsersFacts): Finding | null {
  if (brokenSettings === null) return ok(allUsersWords.settings)
  return brokenSettings === hooks.file
    ? null
    : found('fail', allUsersWords.brokenSettings(brokenSettings))
}

function timer(facts: AllUsersFacts): Finding | null {
  const { kind, failed } = facts.timer
  if (kind === 'no-systemd') return found('note', allUsersWords.noSystemd)
  if (!isHere(facts)) return null
  if (kind === 'unknown') return found('note', allUsersWords.timerUnknown)
  if (kind === 'missing') return found('warn', allUsersWords.noTimer)
  if (kind === 'stopped') return found('warn', allUsersWords.timerStopped)
  return failed === null
    ? ok(allUsersWords.timer)
    : found('warn', allUsersWords.timerFailed(failed))
}

function userTimer(facts: AllUsersFacts): Finding | null {
  if (!isHere(facts) || facts.timer.kind === 'no-systemd') return null
  return facts.hasUserTimer ? ok(allUsersWords.userTimer) : found('warn', allUsersWords.noUserTimer)
}

/** Is a user's login renewed by nothing, and why? */
export function users(
  facts: Pick<AllUsersFacts, 'installed' | 'users' | 'hasEveryUser' | 'timer'>,
): Finding | null {
  const { users, timer } = facts
  if (!isHere(facts)) return null
  if (users === 'needs-root')
    return found('note', allUsersWords.needsRoot('Whose login is renewed'))
  if (!facts.hasEveryUser) return found('warn', allUsersWords.noDirectory)
  if (users.length === 0) return ok(allUsersWords.nobodyYet)
  const by = (who: (typeof users)[number]['by']) => users.filter(each => each.by === who)
  const left = by('nobody').map(({ name }) => name)
  if (left.length === 0)
    return ok(allUsersWords.covered(by('own-timer').length, by('machine-timer').length))
  if (timer.kind === 'unknown') return null
  // That there is no systemd, or that its timer is stopped, is said by a check of its own.
  const isTold = timer.kind !== 'active'
  return found(isTold ? 'note' : 'warn', allUsersWords.uncovered(left, isTold))
}

function fleetTimer(facts: AllUsersFacts): Finding | null {
  if (!isHere(facts) || facts.fleetTimer === null) return null
  const { kind, failed } = facts.fleetTimer
  if (kind === 'no-systemd') return found('note', allUsersWords.noFleetSystemd)
  if (kind === 'unknown') return found('note', allUsersWords.timerUnknown)
  if (kind === 'missing') return found('warn', allUsersWords.noFleetTimer)
  if (kind === 'stopped') return found('warn', allUsersWords.fleetTimerStopped)
  return failed === null
    ? ok(allUsersWords.fleetTimer)
    : found('warn', allUsersWords.fleetTimerFailed(failed))
}

function skel(facts: AllUsersFacts): Finding | null {
  if (!isHere(facts)) return null
  return facts.hasSkel ? ok(allUsersWords.skel) : found('warn', allUsersWords.noSkel)
}

function base({ base }: AllUsersFacts): Finding | null {
  if (base === null) return null
  switch (base.kind) {
    case 'missing':
      return found('warn', allUsersWords.noBase(base.folder))
    case 'empty':
      return found('warn', allUsersWords.emptyBase(base.folder))
    case 'open':
      return found('fail', allUsersWords.openBase(base.path, base.why, base.command))
    case 'good':
      return ok(allUsersWords.base(base.folder, base.parts))
  }
}

/**
 * Is the machine's configuration in order? A section that stops an admin's commands is a failure, though it holds up no login.
 * What does not fit the one who asks, such as a `{team}` of the roster, says nothing of the machine.
 */
export function config({ config }: Pick<AllUsersFacts, 'config'>): Finding {
  if (config.kind === 'wrong')
    return found('fail', configWrong(config.message, config.more, config.hint))
  const { misfits } = config.config
  const ofAdmins = misfits.filter(({ key }) => isAdminKey(key))
  const ofRoster = misfits.filter(({ key }) => key === 'roster')
  const [first] = [...ofAdmins, ...ofRoster]
  if (first) {
    const more = ofAdmins.length + ofRoster.length - 1
    return found(ofAdmins.length > 0 ? 'fail' : 'warn', configWrong(first.what, more, first.hint))
  }
  return config.exists ? ok(allUsersWords.config) : ok(allUsersWords.noConfig)
}

function mode({ config }: AllUsersFacts): Finding | null {
  if (config.kind === 'wrong') return null
  const { mode, off, store, custody } = config.config
  // Whether root itself stands in the roster says nothing of the others.
  if (off?.because === 'config') return found('note', allUsersWords.off)
  if (mode === 'observe') return found('note', allUsersWords.observe)
  return ok(allUsersWords.on(custody, store))
}

function alerts({ config, alerts, isRoot }: AllUsersFacts): Finding | null {
  if (config.kind === 'wrong') return null
  if (alerts.length === 0) return found('note', alertWords.nobody)
  const trouble = alerts.map(sink => sink.trouble).find(each => each !== null)
  if (!trouble) return ok(alertWords.good(alerts.map(({ to }) => to).join(' and ')))
  // A file that only root and a group may read is not a problem of other users.
  return isRoot
    ? found('warn', troubleWords(trouble))
    : found('note', allUsersWords.needsRoot('Where messages go'))
}

const again = 'sudo claude-auth install --system'

/** The first line of the report. */
export function systemVerdictLine(verdict: Verdict, { fail, warn }: Counts): string {
  if (verdict === 'ok') return 'This machine is set up.'
  if (verdict === 'attention') return `This machine is set up; ${needsCare(fail + warn)}.`
  return 'This machine is not set up, or not correctly.'
}

/** Plain `doctor`, run by a root that never used Claude. */
export const rootLine =
  'Root has not used Claude here; this is about the machine (doctor --system).'

const mostNames = 8

function listed(names: readonly string[]): string {
  const some = names.slice(0, mostNames).map(name => clean(name, 200))
  const more = names.length - some.length
  return `${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function people(count: number): string {
  return count === 1 ? '1 user' : `${count} users`
}

const allUsersWords = {
  notInstalled: words('claude-auth is not installed for all users of this machine.', again),
  unfinished: words('The installation was interrupted.', again),
  doesNotRun: words('The installed program does not start.', again),
  installed: (version: string) => `claude-auth ${clean(version, 30)} is installed for all users.`,
  otherVersion: (is: string, mine: string) =>
    words(`claude-auth ${clean(is, 30)} is installed; this is ${clean(mine, 30)}.`, again),
  needsRoot: (what: string) =>
    words(`${what} can be seen by root only.`, 'sudo claude-auth doctor --system'),
  inPlace: 'Everything is as install left it.',
  changed: (paths: readonly string[]) =>
    words(`Not as install left it: ${listed(paths)}.`, `${again} --dry-run`),
  client: (path: string) => `Every user finds Claude Code at ${shown(path)}.`,
  ownClients: (names: readonly string[]) =>
    words(`Claude Code is not installed for all; these have their own: ${listed(names)}.`),
  noClient: words(
    'Claude Code is not installed for all users, and nobody has their own.',
    'npm install -g @anthropic-ai/claude-code',
  ),
  wrapper: (path: string) => `The wrapper is at ${shown(path)}.`,
  noWrapper: (path: string) => words(`${shown(path)} is not the wrapper.`, again),
  clientInPlace: (path: string) =>
    words(`${shown(path)} is the client itself and stays; shells find the wrapper before it.`),
  hooks: (file: string) => `The hooks of all sessions are in ${shown(file)}.`,
  noHooks: (file: string) => words(`The hooks are missing (${shown(file)}).`, again),
  missingHooks: (events: readonly string[]) =>
    words(`Hooks are missing: ${listed(events)}.`, again),
  danglingHook: (program: string) =>
    words(`A hook starts ${shown(program)}, which does not exist.`, again),
  settings: "The client can read the machine's settings.",
  brokenSettings: (file: string) =>
    words(
      `${shown(file)} is not a JSON object: newer clients refuse to start.`,
      `sudo vi ${pasted(file)}`,
    ),
  timer: "The machine's timer is on.",
  noSystemd: words('There is no systemd here: launches and hooks renew, no timer does.'),
  timerUnknown: words("systemd did not report the state of the machine's timer."),
  noTimer: words("The machine's timer is missing.", again),
  timerStopped: words(
    "The machine's timer is installed but not running.",
    'sudo systemctl enable --now claude-auth-users.timer',
  ),
  timerFailed: (result: string) =>
    words(
      `The last run of the machine's timer failed (${clean(result, 40)}).`,
      'sudo journalctl -u claude-auth-users.service -n 20',
    ),
  fleetTimer: 'The page and the metrics of the fleet are written every 15 minutes.',
  noFleetSystemd: words(
    'There is no systemd here: nothing writes the page and the metrics of the fleet.',
    'sudo claude-auth fleet --textfile FILE --page FILE',
  ),
  noFleetTimer: words('The timer that writes the page and the metrics is missing.', again),
  fleetTimerStopped: words(
    'The timer that writes the page and the metrics is not running.',
    'sudo systemctl enable --now claude-auth-fleet.timer',
  ),
  fleetTimerFailed: (result: string) =>
    words(
      `The page and the metrics were not written (${clean(result, 40)}).`,
      'sudo journalctl -u claude-auth-fleet.service -n 20',
    ),
  userTimer: "Each user's session starts a timer of its own.",
  noUserTimer: words('Sessions of users start no timer of their own.', again),
  noDirectory: words(
    'The directory of users gives no answer: whose login is renewed is known of some only.',
    listDirectory,
  ),
  nobodyYet: 'No user has a login folder yet.',
  covered: (own: number, machine: number) =>
    `While nobody launches, timers renew the logins of ${people(own + machine)}: ${own} by their own, ${machine} by the machine's.`,
  uncovered: (names: readonly string[], isTold: boolean) =>
    words(
      `While nobody launches, no timer renews the logins of ${listed(names)}${isTold ? "; the machine's timer is not running" : '; they do not own their home or login folder, or their user id is a system one'}.`,
      isTold
        ? null
        : `ls -ld ${names
            .slice(0, 3)
            .map(name => pasted(`/home/${name}/.claude`))
            .join(' ')}`,
    ),
  skel: 'New homes start with the hooks and the wrapper.',
  noSkel: words('New homes start without the hooks (/etc/skel).', again),
  base: (folder: string, parts: readonly string[]) =>
    `All users share ${parts.join(', ')} of ${clean(folder, 100)}.`,
  noBase: (folder: string) =>
    words(
      `The shared base ${clean(folder, 100)} is not there: users' links to it are broken.`,
      'claude-auth base update --from DIR',
    ),
  emptyBase: (folder: string) =>
    words(
      `The shared base ${clean(folder, 100)} has no skills, rules, agents or commands.`,
      'claude-auth base update --from DIR',
    ),
  openBase: (path: string, why: string, command: string) =>
    words(
      `Others can change what all agents obey: ${clean(path, 200)} ${clean(why, 100)}.`,
      command,
    ),
  config: 'The configuration of the machine is in order.',
  noConfig: 'The machine has no configuration; every setting has its default.',
  off: words('claude-auth is switched off for all (mode: off).'),
  observe: words('claude-auth only observes for all (mode: observe).'),
  on: (custody: 'sole' | 'shared', store: string) =>
    `claude-auth is on (custody: ${custody}, store: ${store}).`,
}

/** Changes nothing. `only`: just this check. */
export async function examineSystem(
  env: Env,
  person: Person,
  only: string | null,
): Promise<Examination> {
  const checks = systemChecks(await allUsersFacts(env, person), only)
  const verdict = verdictOf(checks)
  return { of: 'machine', verdict, exitCode: exitCodes[verdict], checks }
}

/** If root has never used Claude here, the question is about the machine, not about a login. */
export function isUnusedRoot({ person, paths }: LoginContext): boolean {
  const traces = [paths.loginFile, paths.clientConfig, paths.stateFile]
  return person.uid === 0 && !traces.some(path => existsSync(path))
}

function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.some(({ state }) => state === 'fail')) return 'broken'
  return checks.some(({ state }) => state === 'warn') ? 'attention' : 'ok'
}
