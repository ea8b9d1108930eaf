// What a launch asks of the kernel, counted by strace where there is one.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from './place.js'

/** All system calls of `command` and of what it becomes or starts; null where strace can't tell. */
export function callsOf(place: Place, command: string): string | null {
  const report = trace(place, ['-c'], command)
  return /^\s*100[.,]00\s+\S+\s+\S+\s+(\d+)/m.exec(report ?? '')?.[1] ?? null
}

/** How many processes it starts. */
export function forksOf(place: Place, command: string): string | null {
  const report = trace(place, ['-e', 'trace=fork,vfork,clone,clone3'], command)
  if (report === null) return null
  return String(report.split('\n').filter(line => /\b(v?fork|clone3?)\(/.test(line)).length)
}

function trace({ home, env }: Place, flags: string[], command: string): string | null {
  const file = join(home.path, 'strace.txt')
  const { status } = spawnSync('strace', ['-f', '-o', file, ...flags, command], {
    cwd: home.path,
    env,
    stdio: 'ignore',
  })
  return status === 0 ? readFileSync(file, 'utf8') : null
}
