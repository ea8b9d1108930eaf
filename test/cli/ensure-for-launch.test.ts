// The worker's verdict: shared with the launches that wait, where no mark can say it.

import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { faults } from '../../src/demo/faults.js'
import { wrapped } from '../kit/wrapped.js'

t.test('a verdict that leaves no mark is shared, without words too', async t => {
  const box = await wrapped(t, { config: { mode: 'observe' } })
  for (const words of [2, 1]) {
    await box.launch(['x'])
    await box.settle()
    const text = readFileSync(join(box.home.paths.state, 'verdict'), 'utf8')
    t.match(text, /^launch\n/)
    t.equal(text.trim().split('\n').length, words, 'what it would do is said once')
  }
  t.notOk(existsSync(join(box.home.paths.state, 'fresh')))
})

t.test('one about another credential is shared with its folder and environment only', async t => {
  const box = await wrapped(t)
  const read = () => readFileSync(join(box.home.paths.state, 'verdict-other'), 'utf8')
  await box.launch(['x'], { env: { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up' } })
  await box.settle()
  t.match(read(), `y:${box.home.path}\nlaunch\nclaude-auth: ANTHROPIC_API_KEY`)
  const settings = join(box.home.paths.folder, 'settings.json')
  box.home.write(settings, JSON.stringify({ apiKeyHelper: 'echo made-up' }))
  await box.launch(['x'])
  await box.settle()
  t.match(read(), `:${box.home.path}\nlaunch\nclaude-auth: apiKeyHelper`)
  t.notOk(existsSync(join(box.home.paths.state, 'verdict')))
})

t.test('a good login leaves marks, and no verdict of an earlier worker', async t => {
  const box = await wrapped(t)
  box.home.write(join(box.home.paths.state, 'verdict'), 'fail 3\n')
  t.match(await box.launch(['x']), { code: 0, stderr: '' })
  await box.settle()
  t.notOk(existsSync(join(box.home.paths.state, 'verdict')))
  t.ok(existsSync(join(box.home.paths.state, 'fresh')))
})

t.test('mode observe stops no launch, whatever is needed', async t => {
  for (const mode of ['on', 'observe']) {
    const config = { mode, onSignInRequired: 'fail' }
    const box = await wrapped(t, { login: 'none', config })
    const { code, stderr } = await box.launch(['x'])
    t.equal(code, mode === 'on' ? 3 : 0)
    t.match(stderr, 'Type: claude-auth login')
    t.equal(stderr.includes('was not started'), mode === 'on')
  }
})

t.test('onSignInRequired: fail stops what would not work, or not as the right person', async t => {
  const start = async (t: Test, identity = {}) => {
    const box = await wrapped(t, { config: { onSignInRequired: 'fail', identity } })
    return { box, login: box.login()?.accessToken ?? '' }
  }
  await t.test('somebody else’s login, though it works', async t => {
    const { box } = await start(t, { email: 'bob@example.com' })
    t.match(await box.launch(['x']), { code: 3, stdout: '', stderr: 'Claude was not started.' })
  })
  await t.test('a login that the server refuses, though it has not ended', async t => {
    const { box, login } = await start(t)
    box.authority.endFamily(login)
    t.match(await box.launch(['x']), { code: 3, stdout: '', stderr: 'Claude was not started.' })
  })
  await t.test('not one that can only not be renewed any more', async t => {
    const { box } = await start(t)
    box.authority.fail('token', faults.answer(400, { error: 'invalid_grant' }))
    const halfOver = Date.now() / 1000 - 5 * 3600
    box.writeLogin({ ...box.signIn(), expiresAt: Date.now() + 3_600_000 })
    utimesSync(box.home.paths.loginFile, halfOver, halfOver)
    const { code, stdout, stderr } = await box.launch(['x'])
    t.same({ code, stdout }, { code: 0, stdout: 'client: x\n' })
    t.match(stderr, 'stopped working')
    t.notMatch(stderr, 'was not started')
  })
})
