// `claude-auth logout`: what it ends, what it leaves, what it says, and what it leaves for later.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { clientConfigOf, custodies, fileWith, loggedOutBox } from '../kit/logout-box.js'

for (const custody of custodies)
  t.test(`${custody}: the login goes, and nothing else`, async t => {
    const box = await loggedOutBox(t, { custody })
    const access = box.login()?.accessToken ?? ''
    const before = readFileSync(box.home.paths.loginFile, 'utf8')
    const { code, stdout, stderr } = await box.command(['logout'])
    t.equal(stderr, '')
    t.equal(code, 0)
    t.equal(
      stdout,
      `✓ marked: nothing restores this login
✓ ended at the server
✓ removed from the login file; everything else in it stays
✓ removed from the sealed store
✓ Claude's own record of the account is removed
Signed out alice@example.com. To sign in again, type: claude-auth login
`,
    )
    t.equal(
      readFileSync(box.home.paths.loginFile, 'utf8'),
      fileWith(null),
      'siblings byte for byte',
    )
    t.not(before, fileWith(null))
    t.equal(box.authority.accepts(access), null)
    t.notOk(clientConfigOf(box).includes('oauthAccount'))
    t.match(JSON.parse(clientConfigOf(box)), { hasCompletedOnboarding: true })
    t.same(await box.grepSecrets(box.home.path), [], 'no token is left anywhere')

    t.match(await box.ensure(), { outcome: { verdict: 'sign-in', because: 'signed-out' } })
    t.match(await box.command(['status']), { code: 3, stdout: /the user signed out/ })
    t.match(await box.command(['status', '--short']), {
      code: 3,
      stdout: '✗ signed out: claude-auth login\n',
    })
    t.equal(
      readFileSync(join(box.home.paths.state, 'short'), 'utf8'),
      '✗ signed out: claude-auth login\n',
    )

    const asked = box.authority.requests.length
    t.match(await box.command(['logout']), { code: 0, stdout: /^You were signed out already/ })
    t.equal(box.authority.requests.length, asked, 'the second time asks nobody')

    box.writeLogin(box.signIn())
    t.match(await box.ensure(), { outcome: { verdict: 'ok', because: 'fresh' } })
    t.match(box.authority.slackMessages, [], 'nobody was alerted')
  })

for (const custody of custodies)
  t.test(
    `${custody}: without the server the rest is done, and the server is told later`,
    async t => {
      const box = await loggedOutBox(t, { custody })
      const access = box.login()?.accessToken ?? ''
      box.authority.fail('revoke', faults.answer(503), 20)
      const first = await box.command(['logout', '--json'])
      t.equal(first.code, 4)
      t.match(JSON.parse(first.stdout), {
        schemaVersion: 1,
        verdict: 'attention',
        because: 'signed-out',
        server: 'later',
        file: 'done',
        store: 'done',
        account: 'done',
      })
      t.equal(box.login(), null)
      t.ok(box.authority.accepts(access), 'the server still takes it')
      t.same(await box.grepSecrets(box.home.path), [], 'what is owed is sealed')
      t.same(await box.grepSecrets(first.stdout + first.stderr), [])
      box.authority.clearFaults()
      await box.ensure()
      t.equal(box.authority.accepts(access), null)
      t.notOk(existsSync(join(box.home.paths.state, 'owed')))
      t.match(box.journal().at(-1), { did: 'sign-out', because: 'revoked' })
    },
  )

for (const custody of custodies)
  t.test(`${custody}: --offline leaves server and store to a later run`, async t => {
    const box = await loggedOutBox(t, { custody })
    const access = box.login()?.accessToken ?? ''
    const asked = box.authority.requests.length
    const { code, stdout } = await box.command(['logout', '--offline'])
    t.equal(code, 4)
    t.match(stdout, /! later: the server gave no answer; a later run asks again/)
    t.match(stdout, /! later: the sealed store still holds it/)
    t.equal(box.authority.requests.length, asked)
    t.equal(box.login(), null)
    t.match(await box.ensure(), { outcome: { because: 'signed-out' } })
    t.equal(box.authority.accepts(access), null)
    t.same(await box.grepSecrets(box.home.path), [])
  })

t.test('store: none says plainly that nobody will tell the server', async t => {
  const box = await loggedOutBox(t, { store: 'none' })
  box.authority.fail('revoke', faults.answer(503), 20)
  const { code, stdout } = await box.command(['logout'])
  t.equal(code, 4)
  t.match(stdout, /✗ not done: the server gave no answer; the login ends there by itself on \d/)
  t.same(await box.grepSecrets(box.home.path), [])
})

t.test('a login that was never looked at, and one that is blank or torn', async t => {
  for (const content of [fileWith('first'), fileWith('blank'), '{"claudeAiOauth":{"acc']) {
    const box = await loggedOutBox(t, {}, { looked: false })
    if (content !== fileWith('first')) writeFileSync(box.home.paths.loginFile, content)
    const { code, stdout } = await box.command(['logout'])
    t.equal(code, 0, content)
    t.match(stdout, /Signed out/)
    t.match(await box.ensure(), { outcome: { because: 'signed-out' } })
  }
})

t.test(
  'a file that cannot be written is said, with exit code 1, and nothing is put back',
  async t => {
    const box = await loggedOutBox(t, {})
    const lock = join(box.home.paths.folder, '.storage-write.lock')
    // A file in the place of the lock's folder: no writer can ever have it.
    writeFileSync(lock, '')
    const { code, stdout } = await box.command(['logout'], { timeoutMs: 120_000 })
    t.equal(code, 1)
    t.match(stdout, /✗ not done: the login file could not be changed/)
    t.match(stdout, /Not signed out\. Type: claude-auth logout/)
    t.match(await box.ensure([], { timeoutMs: 120_000 }), { outcome: { because: 'signed-out' } })
  },
)

t.test('switched off, or with arguments it does not know, nothing happens', async t => {
  const box = await loggedOutBox(t, { mode: 'off' }, { looked: false })
  t.match(await box.command(['logout']), { code: 2, stderr: /claude auth logout/ })
  t.match(await box.command(['logout', '--all']), { code: 2 })
  t.not(box.login(), null)
})
