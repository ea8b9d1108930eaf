// How long a renewal can lose its answer: from the last byte off the wire to the saved body, by the trace of whole runs.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { sandbox } from '../../kit/sandbox.js'

const program = fileURLToPath(new URL('../../../bin/claude-auth', import.meta.url))

/** Milliseconds in one run, the cost of tracing included; null where the trace does not tell. */
export async function gapMs(t: Test, custody: string): Promise<number | null> {
  const box = await sandbox(t, { login: 'expired', config: { custody } })
  const record = join(box.home.path, 'trace')
  const words = ['-f', '-qq', '-y', '-ttt', '-T', '-o', record]
  const calls = ['--seccomp-bpf', '-e', 'trace=read,pwrite64,fsync']
  await box.run('strace', [...words, ...calls, 'node', program, 'ensure'])
  const lines = readFileSync(record, 'utf8').split('\n')
  const saved = lines.findIndex(line => /fsync\(\d+<[^>]*\/answer>/.test(line))
  const arrived = lines.slice(0, Math.max(saved, 0)).findLast(line => isBytes(line))
  const end = /^\d+ +([\d.]+) .*<([\d.]+)>$/.exec(lines[saved] ?? '')
  const start = /^\d+ +([\d.]+) .*<([\d.]+)>$/.exec(arrived ?? '')
  if (!end || !start) return null
  const atMs = (found: RegExpExecArray) => (Number(found[1]) + Number(found[2])) * 1000
  return atMs(end) - atMs(start)
}

/** Bytes from a connection. */
function isBytes(line: string): boolean {
  return /read\(\d+<(socket|TCP)[^>]*>.* = [1-9]\d* /.test(line)
}
