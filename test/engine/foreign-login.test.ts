// Somebody else's login: never held, never backed up, never over the user's own.

import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { custodies, engine, hourMs } from '../kit/engine.js'

const bob = {
  email: 'bob@example.com',
  accountUuid: 'b0b00000-0000-4000-8000-000000000003',
  organizationUuid: '0a900000-0000-4000-8000-000000000002',
  organizationName: 'Example',
  subscriptionType: 'enterprise' as const,
}

for (const custody of custodies) {
  for (const [name, identity] of [
    ['configured', { email: 'alice@example.com' }],
    ['pinned', {}],
  ] as const)
    t.test(
      `${custody}, ${name}: a stranger’s login needs a person, the store keeps the user’s own`,
      async t => {
        const at = await engine(t, { config: { custody, identity } })
        await at.ensure()
        const own = await at.stored()
        at.writeLogin(at.authority.signIn({ user: bob, lifeMs: 8 * hourMs }))
        for (let round = 0; round < 2; round += 1)
          t.match(await at.ensure(), { verdict: 'sign-in', because: 'wrong-identity' })
        t.same(await at.stored(), own)
        at.writeLogin(at.authority.signIn({ user: bob, lifeMs: -1 }))
        t.match(await at.ensure(), { verdict: 'ok' }, 'an ended copy makes room for the own one')
        t.equal(at.login()?.accessToken, own?.accessToken)
        at.writeLogin(at.signIn())
        t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      },
    )

  t.test(
    `${custody}: a renewal that answers for somebody else is not sealed over the user’s own`,
    async t => {
      const at = await engine(t, {
        login: 'expired',
        config: { custody, identity: { email: 'alice@example.com' } },
      })
      at.authority.fail(
        'token',
        faults.changed({ account: { uuid: bob.accountUuid, email_address: bob.email } }),
      )
      t.match(await at.ensure(), { verdict: 'sign-in', because: 'wrong-identity' })
      t.ok(at.login()?.refreshToken, 'the successor is saved all the same')
      t.not((await at.stored())?.refreshToken, at.login()?.refreshToken)
    },
  )

  for (const [name, fault] of [
    ['no organization', faults.without('organization')],
    ['no account', faults.changed({ account: { email_address: 'alice@example.com' } })],
  ] as const)
    t.test(
      `${custody}: a renewal that names ${name} is asked about, not called foreign`,
      async t => {
        const at = await engine(t, { config: { custody } })
        await at.ensure()
        at.pass(5 * hourMs)
        at.authority.fail('token', fault)
        t.match(await at.ensure(), {
          verdict: 'ok',
          identity: {
            accountUuid: at.user.accountUuid,
            organizationUuid: at.user.organizationUuid,
          },
          store: { state: 'current' },
        })
        t.equal(at.login()?.refreshToken === null, custody === 'sole')
      },
    )
}
