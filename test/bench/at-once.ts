// Sixty-four launches in one moment: on an expired login beside one such launch, and healthy beside dash scripts.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesOf } from '../kit/run.js'
import { makePlace, type Place } from './place.js'
import { counted, leftOut, type Row, type Section, times } from './row.js'
import type { Bench } from './scene.js'
import { inTurn } from './timing.js'

const many = 64
/** The kernel counts CPU time in these: one of them is no use of it. */
const tickMs = 10

export async function atOnce(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  await place.makeFresh()
  return [
    await dueAtOnce(place, bench.rounds(15, 2)),
    await healthyAtOnce(place, bench.rounds(30, 4)),
  ]
}

async function dueAtOnce(place: Place, rounds: number): Promise<Section> {
  const all = inOneMoment(place, place.wrapper)
  const prepare = async () => {
    await place.settle()
    place.expire()
  }
  const [one, ours] = await inTurn(
    [
      { name: 'one due launch', prepare, once: () => place.timeServed(place.wrapper) },
      { name: `claude-auth, ${many} due at once`, prepare, once: () => place.timeServed(all) },
    ],
    rounds,
  )
  const rows = [
    times(`${many} due launches at once`, ours, one, 4),
    ...(await whatWaitersDo(place)),
  ]
  return { title: `${many} due launches at once`, rows, timed: [one, ours], base: one.name }
}

async function healthyAtOnce(place: Place, rounds: number): Promise<Section> {
  await place.makeFresh()
  const figure = `${many} healthy launches at once`
  const scripts = inOneMoment(place, place.execScript('sh'))
  const launches = inOneMoment(place, place.wrapper)
  const [base, ours] = await inTurn(
    [
      { name: `${many} dash scripts that exec`, once: () => place.time(scripts) },
      { name: `claude-auth, ${many} at once`, once: () => place.time(launches) },
    ],
    rounds,
  )
  return {
    title: figure,
    rows: [times(figure, ours, base, 1.3)],
    timed: [base, ours],
    base: base.name,
  }
}

/** A script that starts `command` so many times and waits for all; this process alone would be too slow. */
function inOneMoment({ home }: Place, command: string): string {
  const path = join(home.path, `all-${command.replace(/.*\//, '')}`)
  const start = `i=0\nwhile [ "$i" -lt ${many} ]; do '${command}' & i=$((i + 1)); done\nwait\n`
  home.write(path, `#!/bin/sh\n${start}`, 0o755)
  return path
}

/** While the server is slow to answer, the others wait: how many of them start Node, and what does it cost? */
async function whatWaitersDo(place: Place): Promise<Row[]> {
  await place.settle()
  place.expire()
  place.authority.fail('token', { delayMs: 5_000 })
  let isOver = false
  const ended = place.timeServed(inOneMoment(place, place.wrapper)).finally(() => {
    isOver = true
  })
  let nodes = 0
  let usedMs: number | null = null
  for (; !isOver && usedMs === null; await sleep(50)) {
    const before = await atWork(place)
    nodes = Math.max(nodes, before.nodes)
    // All but the first have come to the gate.
    if (before.waiters < many - 1) continue
    await sleep(500)
    const after = await atWork(place)
    if (after.waiters === before.waiters) usedMs = after.shellsMs - before.shellsMs
  }
  await ended
  await place.settle()
  const unseen = 'they were not all seen waiting: the machine is too busy'
  const figures = {
    nodes: `Node processes for ${many} due launches`,
    cpu: `CPU of ${many - 1} waiters in half a second`,
  }
  if (usedMs === null) {
    return [
      leftOut(figures.nodes, 'one launch', '≤ 1', unseen),
      leftOut(figures.cpu, 'none', `≤ ${tickMs}`, unseen),
    ]
  }
  return [
    counted(figures.nodes, 'one launch', nodes, 1, ''),
    counted(figures.cpu, 'none', usedMs, tickMs, 'ms'),
  ]
}

/** The processes of this home: Nodes, waiters at the gate, and the CPU time of all that is no Node (proc(5)). */
async function atWork({ home }: Place) {
  const stats = (await processesOf(home.path)).flatMap(pid => {
    try {
      const [, name, rest = ''] =
        /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      const [user, system] = rest.split(' ').slice(11, 13)
      return [{ name, ms: (Number(user) + Number(system)) * 10 }]
    } catch {
      return []
    }
  })
  const shells = stats.filter(({ name }) => !isNode(name))
  return {
    nodes: stats.filter(({ name }) => isNode(name)).length,
    waiters: stats.filter(({ name }) => name === 'flock').length,
    shellsMs: shells.reduce((sum, { ms }) => sum + ms, 0),
  }
}

/** The main thread of newer ones has a name of its own. */
function isNode(name: string | undefined): boolean {
  return name === 'node' || name === 'MainThread' || name === 'node-MainThread'
}
