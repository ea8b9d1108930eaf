// Saving: others' bytes, odd answers, and custody changed in between.

import { statSync } from 'node:fs'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { tokenHash } from '../../src/login/login.js'
import { custodies, type Engine, engine, hourMs } from '../kit/engine.js'
import { secretsInFolder } from '../kit/secrets.js'

for (const custody of custodies) {
  t.test(`${custody}: only the login changes in the file`, async t => {
    const at = await engine(t, { login: 'expired', config: { custody } })
    const odd = '{ // mine\r\n\t"mcpOAuth": {"n": 1e400, "n": 0.10},"claudeAiOauth" : '
    at.writeLogin(`${odd}${JSON.stringify(at.login())}\t, "x": "\\ud800" }`)
    t.match(await at.ensure(), { because: 'fresh' })
    const text = at.fileText()
    t.ok(text.startsWith(odd) && text.endsWith('\t, "x": "\\ud800" }'), text)
    t.equal(statSync(at.home.paths.loginFile).mode & 0o777, 0o600)
  })

  t.test(`${custody}: a successor is saved, however odd the answer`, async t => {
    const oddities: [string, Parameters<Engine['authority']['fail']>[1], string][] = [
      [
        'no times, no scopes, no account',
        faults.without(
          'expires_in',
          'scope',
          'account',
          'organization',
          'refresh_token_expires_in',
        ),
        'fresh',
      ],
      ['no access token', faults.without('access_token'), 'fresh'],
      ['no refresh token: the old one stays', faults.without('refresh_token'), 'fresh'],
      ['wrong types', faults.changed({ expires_in: 'soon', scope: 7, account: [] }), 'fresh'],
      ['a megabyte beside it', faults.huge(), 'fresh'],
    ]
    for (const [name, fault, because] of oddities) {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      at.pass(9 * hourMs)
      at.authority.fail('token', fault)
      t.match(await at.ensure(), { because }, name)
      const { accessToken, subscriptionType, scopes } = at.login() ?? {}
      t.ok(at.authority.accepts(accessToken ?? ''), name)
      t.match(
        { subscriptionType, scopes },
        { subscriptionType: 'enterprise', scopes: ['user:profile'] },
        name,
      )
      t.equal(at.authority.counts().reuses, 0, name)
    }
  })

  t.test(`${custody}: a narrower grant works, and is said until the next sign-in`, async t => {
    const at = await engine(t, { login: 'expired', config: { custody } })
    at.authority.fail('token', faults.changed({ scope: 'user:inference' }))
    t.match(await at.ensure(), { verdict: 'attention', because: 'fresh' })
    t.match(await at.ensure(), { verdict: 'attention' })
    at.writeLogin(at.signIn())
    t.match(await at.ensure(), { verdict: 'ok' })
  })
}

t.test('custody changed to sole: the refresh token leaves the home', async t => {
  const at = await engine(t, { config: { custody: 'shared' } })
  await at.ensure()
  at.configure({ custody: 'sole' })
  t.match(await at.ensure(), { verdict: 'ok', custody: 'sole' })
  t.equal(at.login()?.refreshToken, null)
  t.same(await secretsInFolder(at.home.path, at.refreshTokens()), [])
})

t.test('custody changed to shared: the refresh token is handed back', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  const first = at.login()
  await at.ensure()
  t.equal(at.login()?.refreshToken, null)
  at.configure({ custody: 'shared' })
  t.match(await at.ensure(), { verdict: 'ok', custody: 'shared' })
  t.equal(at.login()?.refreshToken, first?.refreshToken)
  t.equal(at.asked('token'), 0)
})

t.test('sole custody: an old backup with a spent refresh token does not come to life', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  const early = at.login()
  await at.ensure()
  at.pass(5 * hourMs)
  await at.ensure()
  const now = at.login()
  at.writeLogin(early)
  t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
  t.equal(at.login()?.accessToken, now?.accessToken)
  t.same(at.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  t.ok(at.memory().spent.includes(tokenHash(early?.refreshToken ?? '')))
})
