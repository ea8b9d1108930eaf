// What another process was started with: read where it is this user's, and nothing else believed.

import { spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import t, { type Test } from 'tap'
import {
  bareEnvironment,
  environmentOf,
  parseEnvironment,
} from '../../src/host/process-environment.js'

/** A process that sleeps, with `env` and as `uid`. */
async function sleeper(t: Test, env: Record<string, string>, uid = process.geteuid?.()) {
  const child = spawn('/bin/sleep', ['60'], { env, uid, cwd: '/', stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  await new Promise(resolve => child.once('spawn', resolve))
  return String(child.pid)
}

t.test('a process of this user tells what it was started with', async t => {
  const env = { HOME: '/home/alice', EMPTY: '', LINES: 'a\nb=c', UMLAUT: 'ä' }
  t.match(environmentOf(await sleeper(t, env)), env)
})

t.test('as much as a process can have is read whole', async t => {
  const long = 'x'.repeat(100_000)
  const env = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`V${at}`, long]))
  t.match(environmentOf(await sleeper(t, { ...env, LAST: 'here' })), { ...env, LAST: 'here' })
})

t.test('a process of another user, of the kernel or none tells nothing', async t => {
  if (process.geteuid?.() === 0) t.equal(environmentOf(await sleeper(t, { A: 'b' }, 65534)), null)
  else t.equal(environmentOf('1'), null)
  for (const pid of ['', '0', '-1', '1.5', 'self', '../self', '99999999999', '4194305'])
    t.equal(environmentOf(pid), null, pid)
})

t.test('whatever stands there, names with a value are what is taken', async t => {
  const cases: [string, Record<string, string>][] = [
    ['', {}],
    ['\0\0', {}],
    ['A=1\0B=2', { A: '1', B: '2' }],
    ['A=1\0A=2\0', { A: '1' }],
    ['no value\0=no name\0A==\0', { A: '=' }],
    ['A=\xff\0B=1\0', { A: '�', B: '1' }],
  ]
  for (const [text, env] of cases)
    t.same(parseEnvironment(Buffer.from(text, 'latin1')), env, JSON.stringify(text))
  t.ok(Object.hasOwn(parseEnvironment(Buffer.from('__proto__=x')), '__proto__'))
})

t.test('an environment that is not known is the home by the password database', async t => {
  t.same(bareEnvironment({ PATH: '/bin', HOME: '/evil', HTTPS_PROXY: 'http://evil' }), {
    PATH: '/bin',
    HOME: userInfo().homedir,
  })
})
