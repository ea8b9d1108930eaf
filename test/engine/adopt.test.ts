// Adopting what another host brought: nothing is spent for it, in whatever state the own login file is.

import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { custodies, type Engine, hourMs, storyOf } from '../kit/engine.js'
import { accessToken, twoEngines } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { vaultRelay } from '../kit/vault-relay.js'

/** What one host's renewal finds on the other one, `passedMs` after the last one. */
const states: Record<string, { passedMs: number; become?: (host: Engine) => void }> = {
  expired: { passedMs: 9 * hourMs },
  'past half': { passedMs: 5 * hourMs },
  blank: { passedMs: 5 * hourMs, become: host => host.blank() },
  'blank and expired': { passedMs: 9 * hourMs, become: host => host.blank() },
  missing: { passedMs: 9 * hourMs, become: host => host.writeLogin(null) },
  torn: { passedMs: 9 * hourMs, become: host => host.writeLogin('{"claudeAiOauth":{"acc') },
  refused: {
    passedMs: 5 * hourMs,
    become: host => host.authority.revokeAccess(accessToken(host) ?? ''),
  },
}

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)
  for (const custody of custodies) {
    t.test(`${custody}: a renewed login of the same lineage`, async t => {
      const { one, two } = await twoEngines(t, bao, { config: { custody } })
      for (const [name, { passedMs, become }] of Object.entries(states)) {
        one.pass(passedMs)
        become?.(two)
        t.match(await one.ensure({ forced: true }), { because: 'fresh', did: ['renew'] })
        const before = one.asked('token')
        t.match(await two.ensure(), { because: 'fresh', store: { state: 'current' } })
        t.equal(one.asked('token') - before, 0, name)
        t.equal(accessToken(two), accessToken(one), name)
      }
      t.equal(one.authority.counts().reuses, 0)
    })

    t.test(`${custody}: an old file put back makes no request`, async t => {
      const { one, two } = await twoEngines(t, bao, { config: { custody } })
      const old = two.fileText()
      one.pass(5 * hourMs)
      await one.ensure()
      await two.ensure()
      two.writeLogin(old)
      one.pass(3.5 * hourMs)
      const before = one.asked('token')
      t.match(await two.ensure(), { because: 'fresh' })
      t.equal(accessToken(two), accessToken(one))
      t.equal(one.asked('token'), before)
    })

    t.test(`${custody}: after a refusal, what came into the document meanwhile`, async t => {
      const relay = await vaultRelay(t, bao)
      const { one, two } = await twoEngines(t, relay, {
        config: { custody },
        // The relay holds the intent's reply while the other host signs in and backs up.
        vault: { timeout: '30s' },
      })
      one.pass(9 * hourMs)
      one.authority.fail('token', faults.answer(400, { error: 'invalid_grant' }))
      relay.written = async body => {
        if (!body.includes('"claude_auth_intent":{')) return
        relay.written = null
        one.writeLogin(one.signIn())
        t.match(await one.ensure(), { because: 'fresh', store: { state: 'current' } })
      }
      const healed = await two.ensure()
      t.match(healed, { verdict: 'ok', because: 'fresh' })
      t.match(storyOf(healed), /renew expired.*restore store-newer/)
      t.equal(accessToken(two), accessToken(one))
      t.equal(one.asked('token'), 1)
    })
  }
})
