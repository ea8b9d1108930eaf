// Where a run can be killed: the system calls by which it changes files, found by tracing a clean run.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cannotRun } from './cannot-run.js'
import type { Run } from './run.js'
import type { Sandbox } from './sandbox.js'

/** Just before this call is made, strace(1) sends SIGKILL. */
export interface KillPoint {
  call: string
  /** The how-manieth call of this name (on this path, where `path` is given). */
  nth: number
  /** Relative to the home; only for calls that libuv makes on changing threads. */
  path: string | null
  /** For the test's name. */
  what: string
}

/** What is always tried, and what only an exhaustive run tries. */
const decisive = ['fsync', 'rename', 'unlink', 'link', 'pwrite64']
const others = ['write', 'openat', 'fchmod', 'utimensat']
const onThreads = ['mkdir', 'rmdir']
const onSockets = ['connect', 'read', 'write', 'writev', 'shutdown']

/** For tap's `skip`: tracing is not allowed everywhere. */
export const cannotTrace = cannotRun('strace', '-qq', '-e', 'trace=none', 'true')

/**
 * Runs `claude-auth ensure` (or other `words`) traced in `box`, and lists the calls that change its files; if `exhaustive`
 * also those on its connections. What only reads leaves everything as it was for the next change.
 */
export async function killPoints(
  box: Sandbox,
  exhaustive: boolean,
  words?: string[],
): Promise<KillPoint[]> {
  const record = join(box.home.path, 'trace')
  const calls = [...new Set([...decisive, ...others, ...onThreads, ...onSockets])]
  const filter = ['--seccomp-bpf', '-o', record, '-y', '-e', `trace=${calls.join(',')}`]
  await traced(box, filter, words)
  const lines = readFileSync(record, 'utf8').split('\n')
  const main = lines[0]?.split(' ')[0]
  const counts: Record<string, number> = {}
  const points: KillPoint[] = []
  for (const line of lines) {
    const [, pid, call = '', rest = ''] = /^(\d+) +(\w+)\((.*)/.exec(line) ?? []
    const path = fileOf(rest, box.home.path)
    if (onThreads.includes(call)) {
      if (path?.endsWith('.lock')) points.push({ call, nth: 1, path, what: `${call} ${path}` })
      continue
    }
    if (pid !== main || !calls.includes(call)) continue
    const nth = (counts[call] ?? 0) + 1
    counts[call] = nth
    if (exhaustive && onSockets.includes(call) && /^\d+<(socket|TCP|TCPv6|UNIX)/.test(rest))
      points.push({ call, nth, path: null, what: `${call} ${nth} of a connection` })
    if (call === 'read') continue
    if (path === null || rest.includes('O_RDONLY') || rest.includes('ENOENT')) continue
    const isMark = /claude-auth\/(fresh|seen|usable|retry|notice|journal|config)/.test(path)
    if (exhaustive || (decisive.includes(call) && !isMark))
      points.push({ call, nth, path: null, what: `${call} ${nth} ${path}` })
  }
  return points
}

/** `claude-auth ensure` (or other `words`), killed at `point`; or sent another signal there. */
export function runKilled(
  box: Sandbox,
  { call, nth, path }: KillPoint,
  signal: NodeJS.Signals = 'SIGKILL',
  words?: string[],
): Promise<Run> {
  const where = path === null ? [] : ['-P', join(box.home.path, path)]
  // Without --seccomp-bpf: strace 6.1 injects no signal with it.
  const inject = `inject=${call}:signal=${signal}:when=${nth}`
  return traced(box, ['-o', '/dev/null', ...where, '-e', `trace=${call}`, '-e', inject], words)
}

function traced(box: Sandbox, options: string[], words = ['ensure']): Promise<Run> {
  const program = new URL('../../bin/claude-auth', import.meta.url).pathname
  return box.run('strace', ['-f', '-qq', ...options, 'node', program, ...words])
}

/** The file of a call, relative to the home and without the random part of a temporary name. */
function fileOf(call: string, home: string): string | null {
  const start = call.indexOf(`${home}/`, call.startsWith('AT_FDCWD<') ? call.indexOf('>') : 0)
  if (start < 0) return null
  const path = call.slice(start + home.length + 1).split(/[">]/)[0] ?? ''
  return path.replace(/\.tmp\.[0-9a-f]+$/, '')
}
