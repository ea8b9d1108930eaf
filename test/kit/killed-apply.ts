// `roster apply` killed before one of its writes, and what must be true of a machine after the next one.

import type tap from 'tap'
import { program, type RosterMachine } from './roster-machine.js'

/** Kills its process before the write of that number, or before the first that holds a text; tells at the end how many there were. */
export const killing = `
const fs = require('node:fs')
const { writeFileSync } = fs
let count = 0
for (const name of ['writeSync', 'renameSync']) {
  const real = fs[name]
  fs[name] = (...given) => {
    const isHeld = process.env.KILL_HOLDING && String(given[1]).includes(process.env.KILL_HOLDING)
    if (++count === Number(process.env.KILL_BEFORE) || isHeld) process.kill(process.pid, 'SIGKILL')
    return real(...given)
  }
}
process.on('exit', () => writeFileSync('/var/count', String(count)))
`

/** In a shell, which tells of the signal by its exit code. */
export async function killedApply({ machine }: RosterMachine, before: string, holding = '') {
  const line = `node --require /opt/killing.cjs ${program} roster apply --yes; exit $?`
  return machine.run('/bin/sh', [
    '-c',
    `export KILL_BEFORE=${before} KILL_HOLDING='${holding}'; ${line}`,
  ])
}

export async function isAsListed(
  t: Pick<typeof tap, 'equal' | 'same' | 'ok'>,
  at: RosterMachine,
  { here, gone }: { here: string; gone: string },
): Promise<void> {
  t.same(await at.steps(['plan']), [], 'nothing is left to do')
  const token = await at.token(here)
  t.equal((await at.site.tries(token, here))[2], 200, 'the token works')
  const { body } = await at.site.server.ask('GET', 'auth/token/lookup-self', undefined, token)
  const { accessor } = body['data'] as { accessor: string }
  const noted = Object.entries((await at.metadata(here))?.custom_metadata ?? {})
  t.ok(
    noted.some(([key, value]) => key.startsWith(`accessor_${at.host}`) && value === accessor),
    'its accessor is noted',
  )
  t.same(await at.site.tries(await at.token(gone), gone), [403, 403, 403], 'who went is cut')
  const told = await at.told()
  t.ok(told.includes(`${here} added`) && told.includes(`${gone} cut`), 'both were told of')
  const applied = await at.machine.sh('cat /var/lib/claude-auth/roster.applied.yaml')
  t.same(Object.keys(JSON.parse(applied).users), ['ada', here])
  t.equal(await at.machine.sh('cat /var/lib/claude-auth/roster.pending.json'), '{}\n')
}
