// What a healthy launch asks of the kernel, counted by strace where there is one.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace, type Place } from './place.js'
import { counted, leftOut, type Section } from './row.js'
import type { Bench } from './scene.js'

const title = 'System calls of a healthy launch'
const baseline = 'dash script that execs'

export async function calls(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  await place.makeFresh()
  const [ours, dash] = [place.wrapper, place.execScript('sh')].map(each => callsOf(place, each))
  const forks = traced(place, place.wrapper, ['-e', 'trace=fork,vfork,clone,clone3'])
  if (!ours || !dash || forks === null) {
    const why = 'strace does not work here'
    const rows = [leftOut('system calls and forks of a healthy launch', baseline, '≤ 30, 0', why)]
    return [{ title, rows, timed: [], base: baseline }]
  }
  const forkCount = forks.split('\n').filter(line => /\b(v?fork|clone3?)\(/.test(line)).length
  const rows = [
    counted('forks of a healthy launch', baseline, forkCount, 0, ''),
    counted('system calls more', baseline, ours - dash, 30, `(${ours} beside ${dash})`),
  ]
  return [{ title, rows, timed: [], base: baseline }]
}

/** All of `command` and of what it becomes; null where strace can't tell. */
function callsOf(place: Place, command: string): number | null {
  const report = traced(place, command, ['-c'])
  const total = /^\s*100[.,]00\s+\S+\s+\S+\s+(\d+)/m.exec(report ?? '')?.[1]
  return total === undefined ? null : Number(total)
}

/** The report of strace on `command` and whatever it starts; null where there is none. */
export function traced(
  { home, env }: Place,
  command: string,
  flags: string[],
  args: string[] = [],
): string | null {
  const file = join(home.path, 'strace.txt')
  const { status } = spawnSync('strace', ['-f', '-o', file, ...flags, command, ...args], {
    cwd: home.path,
    env,
    stdio: 'ignore',
  })
  return status === 0 ? readFileSync(file, 'utf8') : null
}
