// Every interleaving: an exhaustive explorer over the real rule and the order in which the engine writes (docs/interleavings.md).

import t from 'tap'
import { figuresOf, isWhole, scale } from './figures.js'
import { explore } from './interleavings/explore.js'
import { nameOf, scenes } from './interleavings/scenes.js'
import { worldOf } from './interleavings/worlds.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '12 Every interleaving')
const mostStates = scale(100_000, 1_000_000)
const sums = { states: 0, moves: 0, stuck: 0, cycles: 0, quiet: 0 }
const lost: Record<string, number> = {}
const broken: string[] = []
const cut: string[] = []

for (const scene of scenes(isWhole)) {
  const name = nameOf(scene)
  const world = await worldOf(scene.setting, scene.stand)
  const found = await explore(scene.setting, { ...world, budget: scene.budget }, { mostStates })
  t.comment(`${name}: ${found.states} states, ${found.moves} moves`)
  for (const key of ['states', 'moves', 'stuck', 'cycles', 'quiet'] as const)
    sums[key] += found[key]
  for (const [why, times] of Object.entries(found.lost)) lost[why] = (lost[why] ?? 0) + times
  if (!found.isComplete) cut.push(name)
  for (const { what, story } of found.broken) {
    broken.push(`${name}: ${what}`)
    t.comment([`${name}: ${what}`, ...story].join('\n  '))
  }
}

figures.counted('states', sums.states)
figures.counted('moves', sums.moves)
figures.counted('states at rest', sums.quiet)
figures.wanted('scenes too large to end', cut.length, 0)
figures.wanted(
  'properties broken (newest token lost, spent token posted, log-out undone, false alarm)',
  broken.length,
  0,
)
figures.wanted('nobody can move while work is wanted', sums.stuck, 0)
figures.wanted('states on a circle without an event', sums.cycles, 0)
for (const [why, times] of Object.entries(lost)) figures.counted(`endings: ${why}`, times)
