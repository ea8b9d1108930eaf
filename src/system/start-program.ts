// Starting other programs: each failure arrives by the event `error`; asking one, for as long as its caller waits; and tools of
// the system, found in its own folders and not on the caller’s PATH.

import { ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * As `spawn`, which throws some errors of the system (E2BIG, ENOMEM) and tells others by the event: here all come by the
 * event, after this call. A child that was not started may have no pipes (EMFILE), and no signal reaches anything by it. Never
 * throws for the system's sake.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  try {
    return spawn(program, args, options)
  } catch (error) {
    const child = new ChildProcess()
    // Its own would send the signal to whatever number its memory holds: to another process, or with 0 to this whole group.
    child.kill = () => false
    process.nextTick(() => child.emit('error', error))
    return child
  }
}

/** What a program said; `code` is null where a signal ended it. */
export type Said =
  | { kind: 'ended'; code: number | null; stdout: string }
  | { kind: 'missing' | 'late' }

const mostBytes = 64 * 1024
/** After its end: for its last words to arrive. */
const lingerMs = 1_000

/**
 * Runs `program` without a terminal, its words on stderr left out, in a session of its own, and waits at most `timeoutMs`;
 * then all that it has started is ended. Never throws.
 */
export function askProgram(
  program: string,
  args: string[],
  { env, timeoutMs }: { env: Record<string, string>; timeoutMs: number },
): Promise<Said> {
  return new Promise(resolve => {
    const child = startProgram(program, args, {
      cwd: '/',
      env,
      // A process group of its own: otherwise an interactive shell stops us to get the terminal.
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let stdout = ''
    let isOver = false
    const end = (said: Said) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      endGroup(child.pid)
      child.stdout?.destroy()
      resolve(said)
    }
    const timer = setTimeout(() => end({ kind: 'late' }), timeoutMs)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < mostBytes) stdout += text
    })
    child.on('error', () => end({ kind: 'missing' }))
    child.on('close', code => end({ kind: 'ended', code, stdout }))
    // What a start-up file leaves running keeps the pipe open, and `close` from coming.
    child.on('exit', code =>
      setTimeout(() => end({ kind: 'ended', code, stdout }), lingerMs).unref(),
    )
  })
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
}

/** Only what has a value: what a child process can be given. */
export function plainEnv(env: Readonly<Record<string, string | undefined>>) {
  const entries = Object.entries(env).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Record<string, string>
}

/** Where a distribution keeps its tools, those of administration included; the caller's PATH has no say. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin'

/** Where the tools of every user are, as bin/trust.sh has it: what a shell of ours finds, the engine behind it finds too. */
export const usersPath = '/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin'

/** What a tool came to; `code` is null where it is not installed, ran into the limit or a signal ended it. */
export interface ToolEnd {
  code: number | null
  stdout: string
  isMissing: boolean
}

/** Runs `tool` with a bare environment, `more` added, and without stdin, for at most `timeoutMs`. Never throws. */
export function runTool(
  tool: string,
  args: string[],
  timeoutMs = 30_000,
  more: Record<string, string> = {},
): ToolEnd {
  const { status, stdout, error } = spawnSync(tool, args, {
    cwd: '/',
    env: { PATH: systemPath, LC_ALL: 'C', ...more },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  })
  const isMissing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  return { code: error === undefined ? status : null, stdout: stdout ?? '', isMissing }
}

/** The first program of that name in the system's own folders, or null. */
export function toolPath(tool: string): string | null {
  const paths = systemPath.split(':').map(folder => join(folder, tool))
  return paths.find(path => existsSync(path)) ?? null
}

/**
 * Ends a tool that looks where it may be kept waiting, and waits no longer for it: in a request that the server of a mount has taken and does not
 * answer, not even SIGKILL ends it before that server does.
 */
export function leave(child: ChildProcess): void {
  child.kill('SIGKILL')
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.stderr?.destroy()
  child.unref()
}
