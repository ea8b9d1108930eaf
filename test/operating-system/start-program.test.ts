// A program that the system cannot start: one event, and no throw.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { askProgram, leave, startProgram } from '../../src/system/start-program.js'

const of = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
/** More than the kernel takes as one argument (MAX_ARG_STRLEN). */
const tooLong = 'x'.repeat(256 * 1024)

t.test('what Node would throw comes by the event', async t => {
  const child = startProgram('/bin/true', [tooLong], { stdio: 'pipe' })
  const [error] = await once(child, 'error').catch(error => [error])
  t.match(error, { code: 'E2BIG' })
  t.equal(child.pid, undefined)
  t.doesNotThrow(() => leave(child))
})

t.test('a signal to a child that was not started reaches no process', async t => {
  const code = `
    const { startProgram } = await import(${of('system/start-program.ts')})
    const sent = Array.from({ length: 200 }, () => {
      const child = startProgram('/bin/true', ['x'.repeat(${tooLong.length})], { stdio: 'ignore' })
      child.on('error', () => undefined)
      return child.kill('SIGKILL')
    })
    process.stdout.write(String(sent.some(Boolean)))`
  const node = [...process.execArgv, '--input-type=module', '-e', code]
  // In a session of its own: it would end whoever is in its group.
  const words = ['-w', process.execPath, ...node]
  t.match(spawnSync('setsid', words, { encoding: 'utf8' }), { status: 0, stdout: 'false' })
})

t.test('a question that cannot be asked has no answer', async t => {
  t.same(await askProgram('/bin/echo', [tooLong], { env: {}, timeoutMs: 10_000 }), {
    kind: 'missing',
  })
})

t.test('nor has one where no descriptor is left', async t => {
  const code = `
    const { askProgram } = await import(${of('system/start-program.ts')})
    const { closeSync, openSync } = await import('node:fs')
    const taken = []
    try {
      for (;;) taken.push(openSync('/dev/null'))
    } catch {}
    const said = await askProgram('/bin/echo', [], { env: {}, timeoutMs: 10_000 }).catch(String)
    for (const file of taken) closeSync(file)
    process.stdout.write(JSON.stringify(said))`
  const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', code]
  const words = ['-c', 'ulimit -n 256 && exec "$@"', 'sh', ...node]
  t.equal(spawnSync('sh', words, { encoding: 'utf8' }).stdout, '{"kind":"missing"}')
})
