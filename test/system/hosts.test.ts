// Several hosts with installed programs on one document: one request a renewal, whoever is killed or stopped in between.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { accessToken, atOnce, boxes, client, expire, type Host, intentOf } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { until } from '../kit/terminal.js'
import { me } from '../kit/vault-box.js'
import { type VaultRelay, vaultRelay } from '../kit/vault-relay.js'
import { custodies } from '../kit/wrapped.js'

/** Starts `ensure` on a host; its processes can be signalled as a group. */
function started(host: Host) {
  let pid = 0
  const ended = host.ensure([], { onStart: child => (pid = child), timeoutMs: 120_000 })
  return { ended, signal: (name: NodeJS.Signals) => process.kill(-pid, name) }
}

/** Calls `work` with the first announcement, before its host hears that it was written. */
function onIntent(relay: VaultRelay, work: () => unknown): { came: boolean } {
  const announced = { came: false }
  relay.written = body => {
    if (!body.includes('"claude_auth_intent":{')) return
    relay.written = null
    work()
    announced.came = true
  }
  return announced
}

t.jobs = 2

for (const custody of custodies) {
  const options = { client, config: { custody } }

  t.test(`two hosts, 20 rounds, ${custody}`, { buffered: true }, async t => {
    const bao = await openBao(t)
    const hosts = await boxes(t, bao, 2, options)
    await atOnce(t, bao, hosts, 20)
    t.same(
      Object.values((await bao.document(me))?.data['claude_auth_hosts'] ?? {}).length,
      2,
      'each has its own place in the document',
    )
  })

  t.test(`killed between announcement and result, ${custody}`, { buffered: true }, async t => {
    const bao = await openBao(t)
    const relay = await vaultRelay(t, bao)
    const [one, two, three] = (await boxes(t, relay, 3, options)) as [Host, Host, Host]
    const { authority } = one
    expire([one, two, three])
    authority.fail('token', faults.hang())
    const dying = started(one)
    await until(() => authority.counts().tokenRequests === 1)
    dying.signal('SIGKILL')
    await dying.ended

    const waiting = [started(two), started(three)]
    await sleep(3000)
    t.equal(authority.counts().tokenRequests, 1, 'the minute is not over')
    relay.aheadMs = 61_000
    // The next announcement is a fresh one.
    onIntent(relay, () => {
      relay.aheadMs = 0
    })
    for (const { ended } of waiting) t.match((await ended).outcome, { verdict: 'ok' })
    t.same(authority.counts(), { tokenRequests: 2, rotations: 1, reuses: 0 })
    t.ok(
      [two, three].some(host => host.journal().some(({ because }) => because === 'maybe-spent')),
      'counted as maybe spent',
    )
    t.match((await one.ensure()).outcome, { verdict: 'ok' })
    t.same([one, two, three].map(accessToken), [two, two, two].map(accessToken))
    t.same(authority.counts(), { tokenRequests: 2, rotations: 1, reuses: 0 })
    t.equal(await intentOf(bao), null)
  })

  t.test(
    `killed with its result at hand, still usable, ${custody}`,
    { buffered: true },
    async t => {
      const bao = await openBao(t)
      const relay = await vaultRelay(t, bao)
      const config = { custody, renewal: { at: '1%' } }
      const authority = { accessLifeMs: 800_000 }
      const hosts = await boxes(t, relay, 2, { client, config, authority, login: 'expired' })
      const [one, two] = hosts as [Host, Host]
      t.match((await one.ensure(['--force'])).outcome, { verdict: 'ok' })
      await sleep(8500)
      let open = () => {}
      one.authority.fail('token', faults.late(300))
      const announced = onIntent(relay, () => {
        relay.closed = new Promise<void>(resolve => (open = resolve))
      })
      const before = one.authority.counts().rotations
      const old = accessToken(one)
      const dying = started(one)
      await announced
      await until(() => accessToken(one) !== old)
      dying.signal('SIGKILL')
      await dying.ended
      open()
      relay.aheadMs = 61_000
      t.match((await two.ensure()).outcome, { verdict: 'ok' })
      t.equal(one.authority.counts().rotations - before, 1, 'the other one posts nothing')
      relay.aheadMs = 0
      t.match((await one.ensure(['--force'])).outcome, { verdict: 'ok' })
      t.match((await two.ensure(['--force'])).outcome, { verdict: 'ok' })
      t.equal(accessToken(one), accessToken(two))
      t.equal(one.authority.counts().reuses, 0)
    },
  )

  t.test(`stopped after its announcement, ${custody}`, { buffered: true }, async t => {
    const bao = await openBao(t)
    const relay = await vaultRelay(t, bao)
    const [one, two] = (await boxes(t, relay, 2, options)) as [Host, Host]
    const { authority } = one
    expire([one, two])
    const stopped = started(one)
    const announced = onIntent(relay, () => stopped.signal('SIGSTOP'))
    await until(() => announced.came)
    const waiting = started(two)
    await sleep(5500)
    t.equal(authority.counts().tokenRequests, 0, 'its minute is respected')
    relay.aheadMs = 61_000
    t.match((await waiting.ended).outcome, { verdict: 'ok' })
    relay.aheadMs = 0
    stopped.signal('SIGCONT')
    t.match((await stopped.ended).outcome, { verdict: 'ok' })
    t.same(authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
    t.equal(accessToken(one), accessToken(two))
    t.equal(await intentOf(bao), null)
  })
}

t.test('three hosts, 5 rounds, sole', { buffered: true }, async t => {
  const bao = await openBao(t)
  const options = { client, config: { custody: 'sole' } }
  await atOnce(t, bao, await boxes(t, bao, 3, options), 5)
})
