// Starting another program: whichever way it fails, the child says so by its event `error`; and asking one, for as long as its
// caller waits.

import { ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

/**
 * As `spawn`, which throws some errors of the system (E2BIG, ENOMEM) and tells others by the event: here all come by the
 * event, after this call. A child that was not started may have no pipes (EMFILE). Never throws for the system's sake.
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
