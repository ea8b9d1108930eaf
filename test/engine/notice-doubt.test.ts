// After a client's 401: the server is asked, and what it says decides; never one renewal after the other.

import { existsSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { custodies, type Engine, engine, minuteMs, storyOf } from '../kit/engine.js'

const doubt = (e: Engine) => {
  e.pass(minuteMs)
  writeFileSync(e.home.paths.doubted, '')
}
const isDoubted = (e: Engine) => existsSync(e.home.paths.doubted)

for (const custody of custodies) {
  t.test(`a login that is refused is renewed, ${custody}`, async t => {
    const e = await engine(t, { config: { custody } })
    await e.ensure()
    e.authority.revokeAccess(e.login()?.accessToken ?? '')
    t.equal(storyOf(await e.ensure()), 'launch fresh', 'nobody knows')
    doubt(e)
    const outcome = await e.ensure()
    t.match(storyOf(outcome), /^verify \w+, (?:read-store refused, )?renew refused, /)
    t.equal(outcome.verdict, 'ok')
    t.ok(e.authority.accepts(e.login()?.accessToken ?? ''))
    t.notOk(isDoubted(e))
  })

  t.test(`one that is accepted stays, ${custody}`, async t => {
    const e = await engine(t, { config: { custody } })
    await e.ensure()
    const { accessToken } = e.login() ?? {}
    doubt(e)
    t.match(storyOf(await e.ensure()), /^verify \w+, launch fresh$/)
    t.equal(e.login()?.accessToken, accessToken)
    t.equal(storyOf(await e.ensure()), 'launch fresh', 'asked once')
  })

  t.test(`a server that refuses whatever it gives gets no renewal loop, ${custody}`, async t => {
    const e = await engine(t, { config: { custody } })
    await e.ensure()
    for (let failure = 0; failure < 9; failure++) {
      e.authority.revokeAccess(e.login()?.accessToken ?? '')
      doubt(e)
      await e.ensure()
    }
    t.equal(e.authority.counts().rotations, 1)
    t.equal(e.authority.counts().reuses, 0)
  })
}

t.test('without the network the doubt waits', async t => {
  const e = await engine(t)
  await e.ensure()
  doubt(e)
  t.equal(storyOf(await e.ensure({ offline: true })), 'launch fresh')
  t.ok(isDoubted(e))
})
