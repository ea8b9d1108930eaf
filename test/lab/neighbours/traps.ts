// Links put in the way, again and again, in every folder that we write, opened to all by mistake.

import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { custodies } from '../../kit/wrapped.js'
import { type Figures, isWhole, scale } from '../figures.js'
import { grep, placesOf, type Street, skip, street } from './street.js'

/** The names that are written, below one of the folders of `placesOf`. */
const folders: Record<string, { place: 'L' | 'S' | 'D' | 'C'; names: string[] }> = {
  'the login folder': {
    place: 'L',
    // Not the locks: who may write here can hold them, and a launch waits for its limit.
    names: ['.credentials.json', '.credentials.json.tmp.00000000', '.oauth_refresh.lock.owner'],
  },
  'the state': {
    place: 'S',
    names: [
      ...['answer', 'state.json', 'config.json', 'journal.jsonl', 'journal.1.jsonl', 'gate'],
      ...['seen', 'checked', 'usable', 'retry', 'verdict', 'notice', 'locks.jsonl'],
      // Not the mark of a log-out: who may write here can log the owner out.
      ...['answered', 'doubted', 'room.tmp.00000000'],
    ],
  },
  'what is kept aside': { place: 'S', names: ['aside', 'aside/x.jwe'] },
  'the local store': {
    place: 'D',
    names: ['default.jwe', 'default.previous.jwe', 'default.unopened.jwe', 'key.tmp.0'],
  },
  'the configuration': { place: 'C', names: ['vault-token', 'other.yaml'] },
}

const kinds: Record<string, string> = {
  'symbolic links to a file of the owner': 'ln -sfn "$H/precious" "$1"',
  'symbolic links to the yard': 'ln -sfn "$Y/caught-$(basename "$1")" "$1"',
  'hard links to a file of the owner': 'ln -f "$H/precious" "$1"',
  'hard links to an own file': 'ln -f "$Y/mine" "$1"',
}

/** Plants all names for as long as the yard says so. */
const loop = (plant: string) => `
: >$Y/mine; chmod 666 $Y/mine
plant() { ${plant}; }
while [ -e $Y/going ]; do for name in $NAMES; do plant "$PLACE/$name" 2>/dev/null; done; done`

async function besiege(here: Street, place: string, names: string[], plant: string) {
  const { box } = here
  await here.neighbour(': >$Y/going')
  const env = { ...placesOf(here), PLACE: place, NAMES: names.join(' ') }
  const siege = here.neighbour(loop(plant), { env })
  for (let round = 0; round < scale(1, 10); round++) {
    box.writeLogin(round % 2 === 0 ? box.signIn(-60_000) : '{torn')
    await here.settleIn()
    await here.ensure(['--force'])
    if (isWhole) await here.launch(['x'])
    await box.settle()
  }
  await here.neighbour('rm -f $Y/going')
  await siege
}

export async function traps(t: Test, figures: Figures): Promise<void> {
  const harm: string[] = []
  const sieges = Object.keys(folders).flatMap((where, index) =>
    Object.keys(kinds)
      // The short cut takes one kind in each of the first three.
      .filter((_, nth) => isWhole || (index < 3 && nth === index))
      .map((kind, nth) => ({ where, kind, custody: custodies[(index + nth) % 2] ?? 'sole' })),
  )
  const all = sieges.map(({ where, kind, custody }) =>
    t.test(`${kind} in ${where}, ${custody}`, { skip, buffered: true }, async t => {
      const here = await street(t, { login: 'valid', config: { custody } })
      const { box, yard } = here
      await here.ensure()
      const precious = join(box.home.path, 'precious')
      box.home.write(precious, 'precious')
      const { place, names } = folders[where] ?? { place: 'S', names: [] }
      const folder = placesOf(here)[place]
      mkdirSync(folder, { recursive: true })
      await here.settleIn()
      chmodSync(folder, 0o777)
      await besiege(here, folder, names, kinds[kind] ?? '')
      const found = [
        ...(readFileSync(precious, 'utf8') === 'precious' ? [] : ['a file of the owner changed']),
        ...(await grep(here)),
        ...(existsSync(join(yard, 'run')) ? ['something was run'] : []),
      ]
      harm.push(...found.map(each => `${kind} in ${where}: ${each}`))
      t.same(found, [])
      chmodSync(folder, 0o700)
      await box.run('find', [folder, '(', '-user', '41002', '-o', '-type', 'l', ')', '-delete'])
      box.writeLogin(box.signIn())
      await here.settleIn()
      t.match((await here.ensure(['--force'])).stdout, '"verdict":"ok"', 'and it heals')
    }),
  )
  await Promise.all(all)
  if (skip) return
  figures.counted('folders opened to all, and besieged with links', sieges.length)
  figures.wanted('files overwritten, secrets shown, commands run by it', harm.join('; ') || 0, 0)
}
