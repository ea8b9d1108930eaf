// How long a launch waits: one deadline for the gate and for the worker that it starts behind it.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Shell, shells } from '../kit/wrapper-box.js'

const gate = readFileSync(join(import.meta.dirname, '../../bin/gate.sh'), 'utf8')

/** The waits that a launch allows itself where the lock becomes free `heldSeconds` after it began to wait. */
function waits(shell: Shell, heldSeconds: number): string[] {
  const script = `${gate}
clock=1000 ca_turns=0 ca_patience=10 ca_zone=due ca_insist= ca_for=launch
ca_read_clock() { ca_clock=$clock; }
ca_look() { :; }
ca_shared_verdict() { return 1; }
ca_lasting() { :; }
ca_worker() { :; }
ca_bounded() { echo "worker $1"; }
ca_lock() {
  if [ "$1" = -x ]; then [ "$clock" -gt 1000 ]; return; fi
  echo "lock $2"
  if [ "$2" -lt ${heldSeconds} ]; then clock=$((clock + $2)); return 1; fi
  clock=$((clock + ${heldSeconds}))
}
ca_verdict_since`
  const [program = '', ...args] = shells[shell]
  const { stdout } = spawnSync(program, [...args, '-c', script], { encoding: 'utf8' })
  return stdout.trim().split('\n')
}

for (const shell of Object.keys(shells) as Shell[]) {
  t.test(`${shell}: what was spent at the gate is not waited for once more`, async t => {
    t.same(waits(shell, 4), ['lock 10', 'worker 10'], 'what is left and the start of Node')
    t.same(waits(shell, 9), ['lock 10', 'worker 5'])
    const late = 'claude-auth: another check has been running for 10 s; launching without one'
    t.same(waits(shell, 10), ['lock 10', 'worker 4'])
    t.same(waits(shell, 60), ['lock 10', 'launch', late])
  })

  t.test(`${shell}: the clock is a number of whole seconds`, async t => {
    const [program = '', ...args] = shells[shell]
    const script = `${gate}\nca_read_clock; echo "$ca_clock"`
    const { stdout } = spawnSync(program, [...args, '-c', script], { encoding: 'utf8' })
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split('.')[0])
    t.match(stdout, /^[0-9]+\n$/)
    t.ok(Math.abs(Number(stdout) - uptime) < 60)
  })
}
