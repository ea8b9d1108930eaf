// Hosts whose clocks are an hour off, on one document: they take nothing from the others, and end up with the same login.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { custodies, hourMs } from '../kit/engine.js'
import { accessToken, intentOf, putIntent, twoEngines } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { vaultRelay } from '../kit/vault-relay.js'

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)
  for (const custody of custodies)
    for (const [name, aheadMs] of [
      ['ahead', hourMs],
      ['behind', -hourMs],
    ] as const) {
      const options = { config: { custody }, second: { aheadMs } }

      t.test(`${custody}: an hour ahead or behind (${name}), both at once renew once`, async t => {
        const { one, two } = await twoEngines(t, bao, options)
        for (const passedMs of [4.5 * hourMs, 5.5 * hourMs, 9.5 * hourMs]) {
          one.pass(passedMs)
          const before = one.asked('token')
          await Promise.all([one.ensure(), two.ensure()])
          t.ok(one.asked('token') - before <= 1, `after ${passedMs / hourMs} h`)
          // Who found it good for some time yet takes the new one with its next look.
          for (const host of [one, two]) t.match(await host.ensure({ forced: true }), { did: [] })
          t.equal(accessToken(one), accessToken(two))
          t.ok(one.authority.accepts(accessToken(one) ?? ''))
          t.equal(await intentOf(bao), null)
        }
        t.equal(one.authority.counts().reuses, 0)
      })

      t.test(`${custody}: ${name}, another one’s announcement is not overrun`, async t => {
        const relay = await vaultRelay(t, bao)
        const { one, two } = await twoEngines(t, relay, options)
        one.pass(9.5 * hourMs)
        await putIntent(bao, two.memory().held?.refreshHash ?? '')
        const waiting = two.ensure()
        await sleep(1500)
        t.equal(one.asked('token'), 0)
        relay.aheadMs = 61_000
        await waiting
        t.same(one.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      })
    }
})
