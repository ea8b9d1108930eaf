// `roster apply` killed by SIGKILL before each of its writes, and run again: a new person and one who goes, each time anew.

import t from 'tap'
import { isAsListed, killedApply, killing } from '../kit/killed-apply.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { rosterMachine } from '../kit/roster-machine.js'
import { figuresOf, scale } from './figures.js'

const figures = figuresOf(t, '15 Roster')

t.test('killed before any write, then again', { skip: noOwnMachine }, async t => {
  const at = await rosterMachine(t, { accounts: ['ada', 'u0', 'u1'] })
  await at.machine.write('/opt/killing.cjs', killing)
  for (const user of ['u0', 'u1']) {
    at.commit(`users: {ada: {tier: admin}, ${user}: }\n`)
    t.equal((await killedApply(at, '0')).code, 0)
  }
  const writes = Number(await at.machine.sh('cat /var/count'))
  let [killed, ended, round] = [0, 0, 1]
  for (let nth = 1; nth <= writes; nth += scale(12, 1)) {
    const [gone, here] = [`u${round}`, `u${++round}`]
    await at.machine.addUser(here)
    at.commit(`users: {ada: {tier: admin}, ${here}: }\n`)
    if ((await killedApply(at, String(nth))).code === 137) killed++
    if ((await killedApply(at, '0')).code === 0) ended++
    await t.test(`before write ${nth}`, t => isAsListed(t, at, { here, gone }))
  }
  figures.counted('writes of an apply that adds one person and cuts another', writes)
  figures.counted('applies killed before one of them', killed)
  figures.wanted('second applies that left something to do', killed - ended, 0)
  figures.wanted(
    'people without a working, noted token, or not cut, or not told of',
    t.passing() ? 0 : 1,
    0,
  )
})
