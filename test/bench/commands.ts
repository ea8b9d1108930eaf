// The commands that people type, beside a bare Node; `status --short`, made for prompts, beside a dash script.

import { join } from 'node:path'
import { absent, hasCommand } from './has-command.js'
import { makePlace, type Place } from './place.js'
import { leftOut, type Row, type Section, times } from './row.js'
import type { Bench } from './scene.js'
import { type Contestant, inTurn, type Timed } from './timing.js'

const title = 'Commands'
const base = 'Node doing nothing'
/** Today's ratios beyond what is wanted; doctor asks each installed shell. */
const usual: Record<string, number> = { status: 3, doctor: 8, '--help': 2.5 }
/** All that a command may say of a login; not that it failed, or was not understood. */
const codes = [0, 3, 4, 5]

export async function commands(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  await place.makeFresh()
  const script = join(place.home.path, 'exits')
  place.home.write(script, '#!/bin/sh\nexit 0\n', 0o755)
  const wanted = [['status'], ['doctor', '--offline'], ['--help']]
  const [nothing, dash, ...found] = await inTurn(
    [
      { name: base, once: () => place.time(place.node, { args: ['-e', '0'] }) },
      { name: 'dash script that exits', once: () => place.time(script) },
      ...(await contestants(place, [...wanted, ['status', '--short']])),
    ],
    bench.rounds(40, 4),
  )
  const row = (args: string[], beside: Timed, most: number): Row => {
    const figure = `claude-auth ${args.join(' ')}`
    const ours = found.find(({ name }) => name === figure)
    return ours === undefined
      ? leftOut(figure, beside.name, `≤ ${most} ×`, absent)
      : times(figure, ours, beside, most, usual[args[0] ?? ''])
  }
  const rows = [...wanted.map(args => row(args, nothing, 1.5)), row(['status', '--short'], dash, 2)]
  return [{ title, rows, timed: [nothing, dash, ...found], base }]
}

async function contestants(place: Place, wanted: string[][]): Promise<Contestant[]> {
  const found: Contestant[] = []
  for (const args of wanted) {
    if (!(await hasCommand(place, ...args))) continue
    const once = () => place.time(place.program, { args, codes })
    found.push({ name: `claude-auth ${args.join(' ')}`, once })
  }
  return found
}
