// The gate: one process at a time, freed by the kernel however its holder ends.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { enterGate } from '../../src/system/gate.js'

/** Another process that holds the gate until it is killed. */
async function holder(t: Test, path: string): Promise<ChildProcess> {
  const child = spawn('flock', ['-x', path, 'sh', '-c', 'echo held; exec sleep 60'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => endGroup(child))
  await once(child.stdout ?? child, 'data')
  return child
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function isFree(path: string, kind: '-x' | '-s'): boolean {
  return spawnSync('flock', ['-n', kind, path, 'true']).status === 0
}

t.test('inside, nobody else enters; shared, others may look; left, all is free', async t => {
  const path = join(t.testdir(), 'state', 'gate')
  const gate = enterGate(path, null, 1_000)
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.same([isFree(path, '-x'), isFree(path, '-s')], [false, false])
  gate.share()
  t.same([isFree(path, '-x'), isFree(path, '-s')], [false, true])
  gate.leave()
  gate.leave()
  t.ok(isFree(path, '-x'))
})

t.test('a held gate is waited for, then given up', async t => {
  const path = join(t.testdir(), 'gate')
  await holder(t, path)
  t.throws(() => enterGate(path, null, 200), { code: 'gate-busy' })
})

t.test('the kernel opens the gate of a killed holder', async t => {
  const path = join(t.testdir(), 'gate')
  const child = await holder(t, path)
  endGroup(child)
  enterGate(path, null, 10_000).leave()
  t.pass()
})

t.test('a gate that was entered before comes by its descriptor', async t => {
  const path = join(t.testdir({ gate: '' }), 'gate')
  const descriptor = openSync(path, 'r+')
  spawnSync('flock', ['-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
  const gate = enterGate(path, descriptor, 1_000)
  t.notOk(isFree(path, '-s'))
  gate.share()
  t.ok(isFree(path, '-s'))
  gate.leave()
  t.throws(() => closeSync(descriptor), { code: 'EBADF' })
})

t.test('a gate that can’t be made is an error of ours', async t => {
  const folder = t.testdir()
  symlinkSync('/dev/null', join(folder, 'link'))
  mkdirSync(join(folder, 'folder'))
  for (const name of ['link', 'folder'])
    t.throws(() => enterGate(join(folder, name), null, 100), { code: 'write-failed' })
})

t.test('a descriptor of another file is not this gate', async t => {
  const folder = t.testdir({ other: '' })
  const path = join(folder, 'gate')
  const other = openSync(join(folder, 'other'), 'r+')
  t.teardown(() => closeSync(other))
  const gate = enterGate(path, other, 1_000)
  t.notOk(isFree(path, '-x'))
  gate.leave()
  t.ok(isFree(path, '-x'))
})
