// The story of one run, on real files and against a strict server, in both custodies.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { tokenHash } from '../../src/login/login.js'
import { custodies, engine, hourMs, minuteMs, storyOf } from '../kit/engine.js'
import { secretsInFolder } from '../kit/secrets.js'

for (const custody of custodies)
  t.test(`${custody} custody`, async t => {
    const config = { custody }
    const start = (t: Parameters<typeof engine>[0], login?: 'expired' | 'revoked' | 'dead') =>
      engine(t, { config, ...(login ? { login } : {}) })

    await t.test('a first login is verified and backed up, then left alone', async t => {
      const at = await start(t)
      const first = at.login()
      const outcome = await at.ensure()
      t.match(outcome, {
        verdict: 'ok',
        because: 'fresh',
        identity: { email: at.user.email },
        store: { state: 'current', version: 1 },
      })
      t.equal(storyOf(outcome), 'verify changed, back-up store-behind, launch fresh')
      t.equal((await at.stored())?.refreshToken, first?.refreshToken)
      t.equal(at.login()?.refreshToken, custody === 'sole' ? null : first?.refreshToken)
      t.equal(at.login()?.expiresAt, first?.expiresAt, 'with its true end')
      const requests = at.authority.requests.length
      t.equal(storyOf(await at.ensure()), 'launch fresh')
      t.equal(at.authority.requests.length, requests, 'without a request')
      t.equal(at.asked('token'), 0)
    })

    for (const login of ['expired', 'revoked'] as const)
      await t.test(`a login that is ${login} is renewed once`, async t => {
        const at = await start(t, login)
        const first = at.login()
        t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
        t.same(at.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
        const now = at.login()
        t.ok(now && at.authority.accepts(now.accessToken))
        t.equal(now?.subscriptionType, 'enterprise', 'what else stood there stays')
        t.equal(now?.refreshToken === null, custody === 'sole')
        t.ok(at.memory().spent.includes(tokenHash(first?.refreshToken ?? '')))
        t.equal((await at.stored())?.accessToken, now?.accessToken)
        await at.ensure()
        t.equal(at.asked('token'), 1)
      })

    await t.test('two days of launches, one an hour: one renewal each half-life', async t => {
      const at = await start(t)
      for (let hour = 0; hour < 48; hour += 1) {
        const { verdict } = await at.ensure()
        if (verdict !== 'ok') t.fail(`hour ${hour}: ${verdict}`)
        at.pass(hourMs)
      }
      const { rotations, reuses } = at.authority.counts()
      t.equal(reuses, 0)
      t.ok(rotations >= 11 && rotations <= 12, `${rotations} renewals`)
    })

    await t.test('blanked or gone: restored without a request to the token endpoint', async t => {
      const at = await start(t)
      await at.ensure()
      const good = at.login()
      for (const [lose, because] of [
        [() => at.blank(), 'blank'],
        [() => at.writeLogin(null), 'missing'],
        [() => at.writeLogin('{"claudeAiOauth":{"acc'), 'unreadable'],
      ] as const) {
        lose()
        const outcome = await at.ensure()
        t.match(outcome, { verdict: 'ok', because: 'fresh' })
        t.match(storyOf(outcome), `restore ${because}`)
        t.equal(at.login()?.accessToken, good?.accessToken)
      }
      t.equal(at.asked('token'), 0)
    })

    await t.test('a dead grant is asked once, then a person is called', async t => {
      const at = await start(t, 'dead')
      t.match(await at.ensure(), { verdict: 'sign-in', because: 'grant-refused' })
      t.match(await at.ensure(), { verdict: 'sign-in', because: 'grant-refused' })
      t.match(await at.ensure({ forced: true }), { because: 'grant-refused' })
      t.equal(at.asked('token'), 1)
      at.writeLogin(at.signIn())
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.memory().signInNeeded, null)
    })

    await t.test(
      'answers that are lost: two posts, then one an hour, until one is answered',
      async t => {
        const at = await start(t, 'expired')
        at.authority.fail('token', faults.drop(), 3)
        for (let minute = 0; minute < 55; minute += 5) {
          t.match(await at.ensure(), { verdict: 'no-answer', because: 'no-answer' })
          at.pass(5 * minuteMs)
        }
        t.equal(at.asked('token'), 2)
        at.pass(10 * minuteMs)
        await at.ensure()
        t.equal(at.asked('token'), 3)
        t.match(await at.ensure({ forced: true }), { verdict: 'ok', because: 'fresh' })
        t.equal(at.authority.counts().reuses, 0)
      },
    )

    await t.test('a server in trouble is asked again, with growing pauses', async t => {
      const at = await start(t, 'expired')
      at.authority.fail('token', faults.answer(503), 100)
      for (let second = 0; second < 600; second += 10) {
        t.match(await at.ensure(), { verdict: 'no-answer', because: 'no-answer' })
        at.pass(10_000)
      }
      t.ok(at.asked('token') >= 6 && at.asked('token') <= 12, `${at.asked('token')} tries`)
      at.authority.clearFaults()
      at.pass(5 * minuteMs)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
    })

    await t.test('an early token put back is known as spent', async t => {
      const at = await start(t, 'expired')
      const early = at.login()
      await at.ensure()
      const now = at.login()
      at.writeLogin(early)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.login()?.accessToken, now?.accessToken)
      t.equal(at.authority.counts().reuses, 0)
    })

    await t.test(
      'a refused login and a refused copy of another: renewed, not called fresh',
      async t => {
        const at = await start(t)
        const first = at.login()
        await at.ensure()
        at.pass(hourMs)
        const second = at.signIn()
        at.writeLogin(second)
        for (const login of [first, second]) at.authority.revokeAccess(login?.accessToken ?? '')
        const outcome = await at.ensure()
        t.match(outcome, { verdict: 'ok', because: 'fresh' }, storyOf(outcome))
        t.match(storyOf(outcome), 'renew refused')
        t.ok(at.authority.accepts(at.login()?.accessToken ?? ''))
      },
    )

    await t.test('nothing of ours holds a token in plain text', async t => {
      const at = await start(t, 'expired')
      await at.ensure()
      at.blank()
      await at.ensure()
      const secrets = custody === 'sole' ? at.refreshTokens() : at.authority.secrets()
      for (const folder of [
        at.home.paths.state,
        at.storeFolder,
        ...(custody === 'sole' ? [at.home.path] : []),
      ])
        t.same(await secretsInFolder(folder, secrets), [])
      t.match(readFileSync(at.home.paths.journal, 'utf8'), '"did":"renew"')
    })
  })
