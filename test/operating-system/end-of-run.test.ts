// The end of a run that holds a gate and has stopped: it is ended, and never between a request and its answer.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const of = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** A process that enters a gate for `mostMs` and then does `work`; how it ended, and what it said. */
async function holder(t: Test, { mostMs = 300, quietMs = 300, work = '' }) {
  const path = join(t.testdir(), 'gate')
  const code = `
    const { enterGate } = await import(${of('system/gate.ts')})
    const { endAfter, mayBegin, requestBegun } = await import(${of('system/end-of-run.ts')})
    const hold = setInterval(() => {}, 1000)
    const enter = () => enterGate(${JSON.stringify(path)}, null, 10_000, ${mostMs})
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
  t.match(await holder(t, { mostMs: 60_000, work }), {
    signal: 'SIGKILL',
    said: /claude-auth: this run did not come to its end, and gives up a login/,
    isFree: true,
  })
})

t.test('the gate arms that end, and calls it off when it is left', async t => {
  const work = `const gate = enter()
    setTimeout(() => say('late ' + !mayBegin()), 900)
    setTimeout(() => { gate.leave(); say('left ' + mayBegin()); clearInterval(hold) }, 1200)`
  t.match(await holder(t, { work }), { exit: 0, said: 'late true\nleft true\n', isFree: true })
})

t.test('not while a request is on its way, nor before its answer is kept; none begins', async t => {
  const work = `endAfter(200, 'a login', QUIET)
    const isDone = requestBegun()
    setTimeout(() => { say('answer, another: ' + mayBegin()); isDone() }, 1500)
    setTimeout(() => say('kept'), 1600)`
  t.match(await holder(t, { quietMs: 600, work }), {
    signal: 'SIGKILL',
    said: /^answer, another: false\nkept\nclaude-auth: /,
  })
})
