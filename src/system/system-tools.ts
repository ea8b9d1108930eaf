// Tools of the system as root uses them: found in the system's own folders, not on the caller's PATH.

import { type ChildProcess, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

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
