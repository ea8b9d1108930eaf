// What `claude-auth doctor --system` says about the machine.

import type { Verdict } from '../outcome.js'
import { clean } from './clean.js'
import { type Counts, needsCare, pasted, shown, words } from './doctor-text.js'

const again = 'sudo claude-auth install --system'

/** The first line of the report. */
export function systemVerdictLine(verdict: Verdict, { fail, warn }: Counts): string {
  if (verdict === 'ok') return 'This machine is set up.'
  if (verdict === 'attention') return `This machine is set up; ${needsCare(fail + warn)}.`
  return 'This machine is not set up, or not as it should be.'
}

/** Where plain `doctor` is run by a root who never used Claude. */
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

export const systemWords = {
  notInstalled: words('claude-auth is not installed for all users of this machine.', again),
  unfinished: words('The installation was cut off before its end.', again),
  doesNotRun: words('The installed program does not start.', again),
  installed: (version: string) => `claude-auth ${clean(version, 30)} is installed for all users.`,
  otherVersion: (is: string, mine: string) =>
    words(`claude-auth ${clean(is, 30)} is installed; this is ${clean(mine, 30)}.`, again),
  needsRoot: (what: string) =>
    words(`${what} can be seen by root only.`, 'sudo claude-auth doctor --system'),
  inPlace: 'Everything is as install left it.',
  changed: (paths: readonly string[]) =>
    words(`Not as install would have it: ${listed(paths)}.`, `${again} --dry-run`),
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
    words(`A hook starts ${shown(program)}, which is not there.`, again),
  settings: "The client can read the machine's settings.",
  brokenSettings: (file: string) =>
    words(
      `${shown(file)} is no JSON object: newer clients refuse to start.`,
      `sudo vi ${pasted(file)}`,
    ),
  timer: "The machine's timer is on.",
  noSystemd: words('There is no systemd here: launches and hooks renew, no timer does.'),
  timerUnknown: words("systemd did not say how the machine's timer is."),
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
  userTimer: "Each user's session starts a timer of its own.",
  noUserTimer: words('Sessions of users start no timer of their own.', again),
  nobodyYet: 'No user has a login folder yet.',
  covered: (own: number, machine: number) =>
    `${people(own + machine)} looked after while nobody launches: ${own} by a timer of their own, ${machine} by the machine's.`,
  uncovered: (names: readonly string[], isTold: boolean) =>
    words(
      `Not looked after while nobody launches: ${listed(names)}${isTold ? "; the machine's timer is not running" : '; their home or login folder is not theirs, or their number is one of the system'}.`,
      isTold
        ? null
        : `ls -ld ${names
            .slice(0, 3)
            .map(name => pasted(`/home/${name}/.claude`))
            .join(' ')}`,
    ),
  skel: 'A new home begins with the hooks and the wrapper.',
  noSkel: words('New homes begin without the hooks (/etc/skel).', again),
  config: 'The configuration of the machine is in order.',
  noConfig: 'The machine has no configuration; all is at its default.',
  off: words('claude-auth is switched off for all (mode: off).'),
  observe: words('claude-auth only observes for all (mode: observe).'),
  on: (custody: 'sole' | 'shared', store: string) =>
    `claude-auth is on (custody: ${custody}, store: ${store}).`,
}
