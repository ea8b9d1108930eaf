// Starting a program as a user, from root: in its own session, without a terminal, killed with all its children at a deadline.
//
// The user controls what runs there, through their files if not its code. So it gets no terminal (TIOCSTI types into it), no
// open file and no variable of root's.

import { randomBytes } from 'node:crypto'
import { closeSync, readdirSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openNull, textAt } from './open-file.js'
import { processesOf, type RunningProcess, startTicksOf } from './processes.js'
import { leave, startProgram, systemPath, toolPath } from './start-program.js'
import { systemCode } from './trouble.js'

/** A user as the password database has them. */
export interface Account {
  name: string
  uid: number
  gid: number
  home: string
}

/**
 * How the program ended. `said`: raw stderr, to be cleaned before it is shown. `wrote`: stdout, if asked for. `late`: killed at
 * the deadline. `too-loud`: killed for writing too much.
 */
export type EndedAsUser =
  | { kind: 'ended'; code: number | null; said: string; wrote: Buffer }
  | { kind: 'late' | 'too-loud'; said: string }
  | { kind: 'not-started'; why: string }

export interface AsUserOptions {
  timeoutMs: number
  /** Added to the environment, for a program that needs more of it. */
  env?: Record<string, string>
  /** What it reads on stdin; without it, `/dev/null`. */
  input?: string
  /** How much of stdout is kept; without it, nothing is. */
  keepBytes?: number
}

const mostBytes = 64 * 1024
/** After its end: for its last words to arrive. */
const lingerMs = 500
const markName = 'CLAUDE_AUTH_AS_USER'

/**
 * Runs `program` (an absolute path) as `user`: session leader without a terminal, stdin `/dev/null` or a pipe, pipes for
 * stdout (thrown away unless `keepBytes` is given) and stderr, nothing else open, folder `/`, umask 077, the user's own groups, an
 * environment made of the password database alone, no privileges to gain by setuid programs, no compiled code
 * from their cache. All that it started has ended when this returns. Never throws.
 */
export async function runAsUser(
  user: Account,
  program: string,
  args: string[],
  { timeoutMs, env = {}, input, keepBytes = 0 }: AsUserOptions,
): Promise<EndedAsUser> {
  const mark = randomBytes(16).toString('hex')
  const allEnv = { ...accountEnv(user), ...env, [markName]: mark }
  const child = tryStart(user, [program, ...args], { env: allEnv, hasInput: input !== undefined })
  if ('why' in child) return { kind: 'not-started', why: child.why }
  const sinceTicks = startTicksOf(child.pid ?? 0) ?? 0
  // It may end without reading: its exit code says all.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  let said = ''
  let bytes = 0
  const kept: Buffer[] = []
  const end = await new Promise<EndedAsUser>(resolve => {
    const late = setTimeout(() => resolve({ kind: 'late', said: '' }), timeoutMs)
    const hear = (text: string | Buffer) => {
      bytes += text.length
      if (bytes > mostBytes + keepBytes) resolve({ kind: 'too-loud', said: '' })
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      if (keepBytes > 0) kept.push(chunk)
      hear(chunk)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, mostBytes)
      hear(text)
    })
    child.on('error', error =>
      resolve({ kind: 'not-started', why: systemCode(error) ?? 'it could not be started' }),
    )
    const over = (code: number | null) => {
      clearTimeout(late)
      resolve({ kind: 'ended', code, said: '', wrote: Buffer.concat(kept) })
    }
    child.on('close', over)
    // What it left running keeps the pipes open, and `close` from coming.
    child.on('exit', code => setTimeout(() => over(code), lingerMs))
    child.on('exit', () => clearTimeout(late))
  })
  child.stdout?.destroy()
  child.stderr?.destroy()
  // Until it runs as the user, `endStarted` does not find it.
  child.kill('SIGKILL')
  if (child.pid !== undefined)
    await endStarted({
      leader: child.pid,
      uid: user.uid,
      sinceTicks,
      mark: `${markName}=${mark}`,
    })
  child.unref()
  return end.kind === 'not-started' ? end : { ...end, said }
}

function tryStart(...given: Parameters<typeof start>) {
  try {
    return start(...given)
  } catch (error) {
    return { why: systemCode(error) ?? 'it could not be started' }
  }
}

function start(
  user: Account,
  command: string[],
  { env, hasInput }: { env: Record<string, string>; hasInput: boolean },
) {
  const { program, args, ids } = lowered(user, command)
  const nothing = openNull()
  const umask = process.umask(0o077)
  try {
    return startProgram(program, args, {
      ...ids,
      cwd: '/',
      env,
      detached: true,
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', ...covers(inheritable(), nothing)],
    })
  } finally {
    process.umask(umask)
    closeSync(nothing)
  }
}

/**
 * `command` with a change to that user before it, by setpriv(1) of util-linux. Where there is none, Node changes
 * the user: it drops every group of the caller's, and takes on none of the user's.
 */
function lowered({ uid, gid }: Account, [program = '', ...args]: string[]) {
  if (process.geteuid?.() !== 0) return { program, args, ids: {} }
  const tool = toolPath('setpriv')
  if (tool === null || basename(realpathSync.native(tool)) === 'busybox')
    return { program, args, ids: { uid, gid } }
  const change = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups']
  const less = ['--inh-caps=-all', '--no-new-privs']
  return { program: tool, args: [...change, ...less, '--', program, ...args], ids: {} }
}

/** The environment of a fresh login, without reading the user's files. */
function accountEnv({ name, home }: Account): Record<string, string> {
  return {
    HOME: home,
    USER: name,
    LOGNAME: name,
    SHELL: '/bin/sh',
    PATH: '/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin',
    LANG: 'C.UTF-8',
    NODE_DISABLE_COMPILE_CACHE: '1',
  }
}

/** Descriptors that our parent left open and every child would inherit; Node closes only low ones. */
function inheritable(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number).filter(isInheritable)
  } catch {
    return []
  }
}

const closedOnExec = 0o2_000_000

function isInheritable(descriptor: number): boolean {
  if (descriptor <= 2) return false
  // For epoll and inotify descriptors it has one line per watched item.
  const about = textAt(`/proc/self/fdinfo/${descriptor}`, { maxBytes: 16 * 1024 * 1024 })
  if (about === null) return false
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(about)?.[1] ?? '0', 8)
  return (flags & closedOnExec) === 0
}

/** From descriptor 3 on: /dev/null in place of each that would be inherited. */
function covers(descriptors: number[], nothing: number): ('ignore' | number)[] {
  const last = Math.max(2, ...descriptors)
  const covered = new Set(descriptors)
  return Array.from({ length: last - 2 }, (_, at) => (covered.has(at + 3) ? nothing : 'ignore'))
}

/**
 * Which processes to kill: those of `uid` in the session of `leader`, its descendants, and those with `mark` in their
 * environment.
 */
export interface Started {
  leader: number
  uid: number
  /** When the leader started: earlier processes are not its descendants. */
  sinceTicks: number
  /** `NAME=value`. */
  mark: string
}

const mostRounds = 50

const betweenMs = 20

/**
 * Kills until nothing is left, for a second or two at most, since new ones may appear meanwhile. Misses a process that left the
 * session, lost its parent, and cleared its environment or made it unreadable.
 */
export async function endStarted(started: Started): Promise<void> {
  const asked = new Map<number, boolean>()
  for (let round = 0; round < mostRounds; round++) {
    const own = processesOf(started.uid)
    const ours = relatives(own, started.leader)
    const others = own.filter(
      ({ pid, startTicks }) => !ours.has(pid) && startTicks >= started.sinceTicks,
    )
    await askForMark(others, started.mark, asked)
    const left = own.filter(({ pid }) => ours.has(pid) || asked.get(pid) === true)
    if (left.length === 0) return
    for (const { pid } of left) kill(pid)
    await sleep(betweenMs)
  }
}

function relatives(own: readonly RunningProcess[], leader: number): Set<number> {
  const ours = new Set([leader])
  // The order is arbitrary: repeat until no more are found.
  for (let before = 0; before < ours.size; ) {
    before = ours.size
    for (const { pid, parent, session } of own)
      if (session === leader || ours.has(parent)) ours.add(pid)
  }
  return ours
}

/** Each process is asked once, this many at a time, so that one with an unreadable environment delays no other. */
const mostAsked = 64
const answerMs = 500

/**
 * Looks for `mark` in the environments of `others`, through child processes that can be killed, and records the results in
 * `asked`.
 */
async function askForMark(
  others: readonly RunningProcess[],
  mark: string,
  asked: Map<number, boolean>,
): Promise<void> {
  const fresh = others.filter(({ pid }) => !asked.has(pid)).slice(0, mostAsked)
  await Promise.all(
    fresh.map(async ({ pid }) => {
      asked.set(pid, false)
      asked.set(pid, await hasMark(pid, mark))
    }),
  )
}

function hasMark(pid: number, mark: string): Promise<boolean> {
  return new Promise(resolve => {
    const child = startProgram('cat', [`/proc/${pid}/environ`], {
      cwd: '/',
      env: { PATH: systemPath },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const chunks: Buffer[] = []
    const end = () => {
      clearTimeout(timer)
      leave(child)
      resolve(Buffer.concat(chunks).toString('latin1').split('\0').includes(mark))
    }
    const timer = setTimeout(end, answerMs)
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', end)
    child.on('close', end)
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
