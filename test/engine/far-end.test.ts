// An end farther away than any token lives, as a clock that was ahead writes it: unknown, and renewed all the same.

import t from 'tap'
import { previewOf } from '../../src/engine/preview.js'
import { custodies, type Engine, engine, hourMs } from '../kit/engine.js'

const farMs = 56 * hourMs

/** The login in the file, as a client with a clock two days ahead wrote it. */
function farEnd(at: Engine, expiresAt = at.clock.ms + farMs): void {
  at.writeLogin({ ...at.signIn(8 * hourMs), expiresAt })
}

for (const custody of custodies) {
  t.test(`${custody}: it is renewed at half of the life from when it was found`, async t => {
    // Two days, the end of 32-bit seconds, the last date of four digits, and what no date can hold.
    for (const expiresAt of [undefined, 2 ** 31 * 1000, Date.UTC(9999, 11, 31), 1e20]) {
      const at = await engine(t, { login: 'none', config: { custody } })
      farEnd(at, expiresAt)
      t.match(await at.ensure(), { verdict: 'ok', expiresAt: null })
      at.pass(3.9 * hourMs)
      t.match(await at.ensure(), { verdict: 'ok', expiresAt: null })
      t.equal(at.asked('token'), 0, `${expiresAt}`)
      at.pass(0.2 * hourMs)
      t.ok((await at.ensure()).did.includes('renew'))
      t.equal(at.login()?.expiresAt, at.clock.ms + 8 * hourMs)
      t.equal(at.authority.counts().reuses, 0)
    }
  })

  t.test(`${custody}: status promises no end; past the longest life it is ended`, async t => {
    const at = await engine(t, { login: 'none', config: { custody } })
    farEnd(at)
    await at.ensure()
    const run = await at.run({ offline: true })
    const found = await previewOf({ ...run, readOnly: true })
    t.match(found.outcome, { verdict: 'ok', expiresAt: null })
    t.match(found.prospect, { kind: 'renewed' })
    at.pass(9 * hourMs)
    at.authority.fail('token', { instead: { status: 503, body: {} } })
    t.match(await at.ensure(), { verdict: 'no-answer' })
  })

  t.test(`${custody}: our own renewal of a day when the clock was ahead`, async t => {
    const at = await engine(t, { login: 'expired', config: { custody } })
    at.pass(48 * hourMs)
    t.match(await at.ensure(), { verdict: 'ok' })
    at.pass(-48 * hourMs)
    const run = await at.run({ offline: true })
    t.match((await previewOf({ ...run, readOnly: true })).outcome, { expiresAt: null })
  })
}

t.test(
  'what a client renewed after it is no old copy, however far the end before it was',
  async t => {
    const at = await engine(t, { login: 'none', config: { custody: 'shared' } })
    farEnd(at)
    await at.ensure()
    const before = at.login()
    at.pass(hourMs)
    const reply = await fetch(`${at.authority.url}/v1/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        refresh_token: before?.refreshToken,
        client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
        scope: 'user:profile',
      }),
    })
    const { access_token, refresh_token } = (await reply.json()) as Record<string, string>
    const expiresAt = at.clock.ms + 8 * hourMs
    at.writeLogin({
      ...before,
      accessToken: access_token,
      refreshToken: refresh_token,
      expiresAt,
    } as never)
    at.pass(10 * hourMs)
    t.match(await at.ensure(), { verdict: 'ok' })
    t.equal(at.authority.counts().reuses, 0)
  },
)
