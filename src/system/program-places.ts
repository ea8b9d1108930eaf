// Where this program stands, where an installation puts it, whether an installed one starts from there, and which one a long run
// hands over to.

import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startAt } from './open-file.js'
import type { Env } from './paths.js'
import { makeTrouble, quoted, systemCode, type Trouble } from './trouble.js'

/** The folder of an installation for all users. */
export const machineProgram = '/usr/local/lib/claude-auth'

/** The folder of an installation for one person. */
export function personProgram(home: string): string {
  return join(home, '.local/lib/claude-auth')
}

/** Where this very program stands: a package, a clone, or an installation. */
export function ownRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && folder !== '/') folder = dirname(folder)
  return folder
}

/** The command of an installation whose versions are in `program`. */
export function installedCommand(program: string): string {
  return join(program, 'current/bin/claude-auth')
}

/** Where an installation records what it made. */
const personManifest = '.local/state/claude-auth/manifest.json'
const machineManifest = '/var/lib/claude-auth/manifest.json'

/** What an installation for all users leaves in `/etc`, also where `/usr/local` is not mounted. */
export const machineEnvironment = '/etc/environment.d/60-claude-auth.conf'
const machineLink = '/usr/local/bin/claude-auth'

/**
 * Is an installation on record that serves the user with `home`, whether its program is there or not? The machine's own record
 * is in a folder of root's, so what every user can see of it counts too. `root`: the folder that stands for `/`.
 */
export function installedFor(home: string, root = ''): { person: boolean; machine: boolean } {
  return {
    person: existsSync(join(home, personManifest)),
    machine:
      [machineManifest, machineEnvironment].some(path => existsSync(root + path)) ||
      linkTarget(root + machineLink)?.startsWith(`${machineProgram}/`) === true,
  }
}

/**
 * The commands that hooks, wrapper and timer start: the installed ones, also where an installation is on record and its
 * program is gone; where nothing is installed, this program's own.
 */
function commandsInPlace(home: string): string[] {
  const record = installedFor(home)
  const places = [
    { command: installedCommand(personProgram(home)), isOnRecord: record.person },
    { command: installedCommand(machineProgram), isOnRecord: record.machine },
  ]
  const installed = places.filter(({ command }) => existsSync(command))
  const named = installed.length > 0 ? installed : places.filter(each => each.isOnRecord)
  return named.length > 0
    ? named.map(({ command }) => command)
    : [join(ownRoot(), 'bin/claude-auth')]
}

/** Does `command` belong to the program that is running? */
function isOwnCommand(command: string): boolean {
  try {
    return realpathSync.native(command) === realpathSync.native(join(ownRoot(), 'bin/claude-auth'))
  } catch {
    return false
  }
}

const startLimitMs = 20_000

/** Why the program `path` can't be started; null where it was seen to run. */
export function whyNotStarted(path: string, env: Env): Trouble | null {
  const { error, status } = spawnSync(path, ['--version'], {
    env: { ...env },
    cwd: '/',
    stdio: 'ignore',
    timeout: startLimitMs,
    killSignal: 'SIGKILL',
  })
  return status === 0 ? null : notStarted(path, systemCode(error) ?? `exit code ${status}`)
}

/**
 * Why nothing that is installed for the person with `home` can be started by hooks, wrapper or timer; null where one
 * can. The program that is running needs to be allowed to start only: access(2) says no on a mount with noexec.
 */
export function whyNoneStarts(home: string, env: Env): Trouble | null {
  const whys = commandsInPlace(home).map(path =>
    isOwnCommand(path) ? whyNotAllowed(path) : whyNotStarted(path, env),
  )
  return whys.includes(null) ? null : (whys[0] ?? null)
}

function whyNotAllowed(path: string): Trouble | null {
  try {
    accessSync(path, constants.X_OK)
    return null
  } catch (error) {
    return notStarted(path, systemCode(error) ?? 'not allowed')
  }
}

function notStarted(path: string, code: string): Trouble {
  if (!existsSync(path)) {
    const isMachines = path === installedCommand(machineProgram)
    const command = isMachines ? 'sudo claude-auth install --system' : 'claude-auth install'
    return makeTrouble(`${path} is not there`, { command })
  }
  const why = code === 'EACCES' ? 'is not allowed to start here' : `does not start (${code})`
  return makeTrouble(`${path} ${why}`, { command: `findmnt -no OPTIONS -T ${quoted(path)}` })
}

/** `folder` by the name that lasts over an upgrade: the link `current` beside it, where that leads to it. */
export function lastingFolder(folder: string): string {
  const current = join(dirname(folder), 'current')
  try {
    return realpathSync.native(current) === realpathSync.native(folder) ? current : folder
  } catch {
    return folder
  }
}

/** Does `path` lead to our wrapper, of any version? Known by its second line, as in find-client.sh. */
export function isWrapper(path: string): boolean {
  return /^#!.*\n# claude-auth wrapper/.test(startAt(path, 200)?.toString('latin1') ?? '')
}

/** The folder of the program, by the link `current` in an installation; `print` tells its files from others. */
export interface RunningProgram {
  folder: string
  stamp: string | null
}

/** Where this very program is found also after an upgrade. */
export function programInPlace(): RunningProgram {
  const own = ownRoot()
  const current = join(dirname(own), 'current')
  const folder = linkTarget(current) === basename(own) ? current : own
  return { folder, stamp: stampOf(folder) }
}

/** `replaced` by another version, whose files the code at work could not load; `gone`: removed. */
export function standing({ folder, stamp: print }: RunningProgram): 'same' | 'replaced' | 'gone' {
  const now = stampOf(folder)
  if (now === null) return 'gone'
  return now === print ? 'same' : 'replaced'
}

/** The signals that ask a run to end between two steps. */
export const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Runs the program that stands there now to its end. A signal is passed on to it, and then `interrupted` is true. */
export async function runInPlace(
  { folder }: RunningProgram,
  args: string[],
  env: Env,
): Promise<{ code: number; interrupted: boolean }> {
  const child = spawn(join(folder, 'bin/claude-auth'), args, { env, stdio: 'inherit' })
  let interrupted = false
  const pass = (signal: NodeJS.Signals) => {
    interrupted = true
    child.kill(signal)
  }
  for (const signal of passedOn) process.on(signal, pass)
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', ended => resolve(ended ?? 1))
  }).finally(() => {
    for (const signal of passedOn) process.off(signal, pass)
  })
  return { code, interrupted }
}

/** The bundle names the others, so it changes with each of them. */
function stampOf(folder: string): string | null {
  const stat = statSync(join(folder, 'dist/claude-auth.cjs'), { throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}` : null
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
