// Both real clients take the stand-in authority for the real one, and do what is known of them.

import { statSync } from 'node:fs'
import t from 'tap'
import { realClients } from '../kit/real-clients.js'
import { sandbox } from '../kit/sandbox.js'

for (const client of realClients()) {
  t.test(`the real client ${client.version}`, { skip: client.skip }, async t => {
    const start = (login: 'valid' | 'expired' | 'dead' | 'revoked') =>
      sandbox(t, { login, client: client.path, via: 'proxy' })

    await t.test('answers with a valid login, without a refresh', async t => {
      const box = await start('valid')
      const before = box.login()
      const { code, stdout, stderr } = await box.run('claude', ['-p', 'hi'])
      t.same({ code, stdout, stderr }, { code: 0, stdout: 'Hello.\n', stderr: '' })
      // 2.1.330 adds `subscriptionTypeSource` to a login that lacks it.
      t.match(box.login(), before)
      t.equal(box.authority.counts().tokenRequests, 0)
    })

    await t.test('leaves a login without a refresh token alone, also past its end', async t => {
      const box = await start('valid')
      const { accessToken, ...rest } = box.signIn()
      box.writeLogin({ ...rest, accessToken, refreshToken: null, expiresAt: Date.now() - 5000 })
      const inode = statSync(box.home.paths.loginFile).ino
      t.match(await box.run('claude', ['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
      box.authority.revokeAccess(accessToken)
      t.match(await box.run('claude', ['-p', 'hi']), { code: 1, stdout: /401/ })
      t.equal(statSync(box.home.paths.loginFile).ino, inode)
      t.equal(box.authority.counts().tokenRequests, 0)
    })

    await t.test('refreshes an expired login once', async t => {
      const box = await start('expired')
      const before = box.login()
      const { code, stdout } = await box.run('claude', ['-p', 'hi'])
      t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      const after = box.login()
      t.not(after?.refreshToken, before?.refreshToken)
      t.equal(box.authority.accepts(after?.accessToken ?? '')?.email, box.user.email)
    })

    await t.test('refreshes a revoked login once, after a 401', async t => {
      const box = await start('revoked')
      const { code, stdout } = await box.run('claude', ['-p', 'hi'])
      t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
    })

    await t.test('blanks a dead login', async t => {
      const box = await start('dead')
      const { code, stdout } = await box.run('claude', ['-p', 'hi'])
      t.equal(code, 1)
      t.match(stdout, /Not logged in|OAuth session expired/)
      t.match(box.login(), { accessToken: '', refreshToken: '', expiresAt: 0 })
      t.equal(box.authority.counts().tokenRequests, 1)
    })

    await t.test('revokes and removes its login at a log-out', async t => {
      const box = await start('valid')
      const before = box.login()
      const { code, stdout } = await box.run('claude', ['auth', 'logout'])
      t.equal(code, 0)
      t.match(stdout, 'Successfully logged out')
      t.equal(box.login(), null)
      t.equal(box.authority.accepts(before?.accessToken ?? ''), null)
    })

    await t.test('speaks to nobody but the stand-in', async t => {
      const box = await start('valid')
      await box.run('claude', ['-p', 'hi'])
      t.same([...new Set(box.proxy.connects)], ['api.anthropic.com:443'])
    })
  })
}
