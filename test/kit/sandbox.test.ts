// The sandbox keeps its promises: clean environment, nothing left behind, no token overlooked.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { processesOf } from './run.js'
import { type Sandbox, sandbox } from './sandbox.js'

t.test('a test leaves neither a process nor a file behind', async t => {
  let left: Sandbox | undefined
  await t.test('one that starts a process of its own session', async t => {
    left = await sandbox(t)
    await left.run('sh', ['-c', 'setsid sleep 100 >/dev/null 2>&1 &'])
    // The shell that starts it may end a moment later.
    const running = async () => (await processesOf(left?.home.path ?? '')).length
    for (let tries = 0; tries < 100 && (await running()) !== 1; tries++) await sleep(50)
    t.equal(await running(), 1)
    await t.rejects(left.settle(50), /does not end/)
  })
  t.same(await processesOf(left?.home.path ?? ''), [])
  t.notOk(existsSync(left?.home.path ?? '/'))
  t.notOk(existsSync(left?.proxy.caFile ?? '/'))
})

t.test('a program sees the clean environment, a private home and its stand-in client', async t => {
  const box = await sandbox(t)
  const { stdout } = await box.run('env', [])
  const names = stdout.split('\n').map(line => line.replace(/=.*/, ''))
  t.same(new Set(names.filter(name => name !== '')), new Set(Object.keys(box.env)))
  t.equal(statSync(box.home.path).mode & 0o777, 0o700)
  t.equal(statSync(box.home.paths.loginFile).mode & 0o777, 0o600)
  const client = await box.run('claude', ['-p', 'hi there'], { env: { CLIENT_EXIT: '7' } })
  t.match(client, { code: 7, stdout: 'client: -p hi there\n', stderr: '' })
})

t.test('input, time-out and signals reach the program', async t => {
  const box = await sandbox(t)
  t.equal((await box.run('cat', [], { input: 'given' })).stdout, 'given')
  t.equal((await box.run('sleep', ['100'], { timeoutMs: 50 })).signal, 'SIGKILL')
  const onStart = (pid: number) => process.kill(pid, 'SIGTERM')
  t.equal((await box.run('sleep', ['100'], { onStart })).signal, 'SIGTERM')
})

t.test('a token is found in a text and in a file, whole or cut short', async t => {
  const box = await sandbox(t)
  const { refreshToken } = box.signIn()
  const cut = refreshToken?.slice(0, 40) ?? ''
  t.equal((await box.grepSecrets(`an error about ${cut}…`)).length, 1)
  t.same(await box.grepSecrets('sk-ant-ort01- is only a prefix'), [])
  t.equal((await box.grepSecrets(box.home.path)).length, 2, 'the two in the login file')
  box.blank()
  box.home.write(join(box.home.path, 'a/b/c.log'), cut)
  t.match(await box.grepSecrets(box.home.path, 'refresh'), [/a\/b\/c\.log: [0-9a-f]{8}$/])
})

t.test('the login file is written and blanked as the client does it', async t => {
  const box = await sandbox(t, { login: 'none' })
  t.equal(box.login(), null)
  box.writeLogin('{"mcpOAuth":{"a":1}}')
  const login = box.signIn()
  box.writeLogin(login)
  t.same(box.login(), login)
  box.blank()
  t.same(box.login(), { ...login, accessToken: '', refreshToken: '', expiresAt: 0 })
  t.match((await box.run('cat', [box.home.paths.loginFile])).stdout, /"mcpOAuth":\{"a":1\}/)
})
