// The gate, and the end of a run that is stuck in it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { enterGate } from '../../src/system/gate.js'
import { usersPath } from '../../src/system/start-program.js'
import { noOwnMachine } from '../kit/own-machine.js'

const of = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

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

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
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
  const open = readdirSync('/proc/self/fd').map(name => targetOf(`/proc/self/fd/${name}`))
  t.notOk(open.includes(path), 'nothing of it is left open')
})

t.test('a machine that cannot start flock is no other run', async t => {
  const path = join(t.testdir(), 'gate')
  const code = `
    const { enterGate } = await import(${of('system/gate.ts')})
    const { closeSync, openSync } = await import('node:fs')
    const taken = []
    try {
      for (;;) taken.push(openSync('/dev/null'))
    } catch {}
    // One for the gate, none for the start of a program.
    closeSync(taken.pop())
    try {
      enterGate(${JSON.stringify(path)}, null, 10_000)
    } catch (error) {
      for (const file of taken) closeSync(file)
      process.stdout.write([error.code, error.message, error.hint].join('|'))
    }`
  const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', code]
  const words = ['-c', 'ulimit -n 256 && exec "$@"', 'sh', ...node]
  const { stdout } = spawnSync('sh', words, { encoding: 'utf8' })
  const message = `could not start flock, which locks ${path} (EMFILE)`
  t.equal(stdout, `write-failed|${message}|ulimit -n`)
})

t.test('the shell and the engine behind it find the same tools', async t => {
  const trust = readFileSync(new URL('../../bin/trust.sh', import.meta.url), 'utf8')
  t.match(trust, `\nca_system_path=${usersPath}\n`)
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

/** What becomes of two who enter where flock(1) is this script: the first may do without locks, the second may not. */
function withFlock(t: Test, script: string): string {
  const folder = t.testdir({ flock: `#!/bin/sh\n${script}\n` })
  chmodSync(join(folder, 'flock'), 0o755)
  const code = `
    const { enterGate } = await import(${of('system/gate.ts')})
    for (const isOptional of [true, false])
      try {
        const gate = enterGate(${JSON.stringify(join(folder, 'gate'))}, null, 1_000, { isOptional })
        gate.share()
        gate.leave()
        console.log('entered')
      } catch (error) {
        console.log(error.code)
      }`
  const line = 'mount --bind "$0" /usr/bin/flock && exec "$@"'
  const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', code]
  const own = ['--mount', '--propagation', 'private', 'sh', '-c', line, join(folder, 'flock')]
  return spawnSync('unshare', [...own, ...node], { encoding: 'utf8' }).stdout
}

t.test(
  'a file system without such locks: refused, or gone without where that is allowed',
  { skip: noOwnMachine },
  async t => {
    for (const script of [
      'echo "flock: 3: Function not implemented" >&2; exit 65',
      'echo "flock: 3: No locks available" >&2; exit 71',
      'echo "flock: Not supported" >&2; exit 1',
    ])
      t.equal(withFlock(t, script), 'entered\ngate-missing\n', script)
  },
)

t.test('a flock that fails for another reason locks nothing', { skip: noOwnMachine }, async t => {
  for (const script of [
    'exit 65',
    'exit 127',
    'echo "flock: cannot set up timer: Resource temporarily unavailable" >&2; exit 71',
    'echo "flock: error while loading shared libraries: libx.so" >&2; exit 127',
  ])
    t.equal(withFlock(t, script), 'write-failed\nwrite-failed\n', script)
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

/** A process that enters a gate for `mostMs` and then does `work`; how it ended, and what it said. */
async function stuckHolder(t: Test, { mostMs = 300, quietMs = 300, work = '' }) {
  const path = join(t.testdir(), 'gate')
  const code = `
    const { enterGate } = await import(${of('system/gate.ts')})
    const { endAfter, mayBegin, requestBegun } = await import(${of('system/gate.ts')})
    const hold = setInterval(() => {}, 1000)
    const enter = () => enterGate(${JSON.stringify(path)}, null, 10_000, { mostMs: ${mostMs} })
    const say = text => process.stdout.write(text + '\\n')
    ${work.replaceAll('QUIET', String(quietMs))}`
  const argv = [...process.execArgv, '--input-type=module', '-e', code]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      said += text
    })
  const [exit, signal] = await once(child, 'close')
  const isFree = spawnSync('flock', ['-n', '-x', path, 'true']).status === 0
  return { exit, signal, said, isFree }
}

t.test('a holder that has stopped for good is ended, and the gate is free', async t => {
  const work = `endAfter(300, 'a login', QUIET)
    enter()`
  t.match(await stuckHolder(t, { mostMs: 60_000, work }), {
    signal: 'SIGKILL',
    said: /claude-auth: this run did not come to its end, and gives up a login/,
    isFree: true,
  })
})

t.test('the gate arms that end, and calls it off when it is left', async t => {
  const work = `const gate = enter()
    setTimeout(() => say('late ' + !mayBegin()), 900)
    setTimeout(() => { gate.leave(); say('left ' + mayBegin()); clearInterval(hold) }, 1200)`
  t.match(await stuckHolder(t, { work }), { exit: 0, said: 'late true\nleft true\n', isFree: true })
})

t.test('who is getting on has the time anew, and is late once that stops', async t => {
  const work = `const gate = enter()
    const getOn = setInterval(() => gate.extend(), 100)
    setTimeout(() => { say('late ' + !mayBegin()); clearInterval(getOn) }, 2500)
    setTimeout(() => { say('late ' + !mayBegin()); gate.leave(); clearInterval(hold) }, 5000)`
  t.match(await stuckHolder(t, { work, mostMs: 1500 }), {
    exit: 0,
    said: 'late false\nlate true\n',
    isFree: true,
  })
})

t.test('not while a request is on its way, nor before its answer is kept; none begins', async t => {
  const work = `endAfter(200, 'a login', QUIET)
    const isDone = requestBegun()
    setTimeout(() => { say('answer, another: ' + mayBegin()); isDone() }, 1500)
    setTimeout(() => say('kept'), 1600)`
  t.match(await stuckHolder(t, { quietMs: 600, work }), {
    signal: 'SIGKILL',
    said: /^answer, another: false\nkept\nclaude-auth: /,
  })
})
