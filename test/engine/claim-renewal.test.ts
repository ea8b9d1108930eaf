// Announcing a renewal in the shared document: one host posts the refresh token, the others take its result.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { custodies, type Engine, hourMs, minuteMs, storyOf } from '../kit/engine.js'
import { accessToken, intentOf, putIntent, twoEngines } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { until } from '../kit/terminal.js'
import { me } from '../kit/vault-box.js'
import { vaultGateway } from '../kit/vault-gateway.js'
import { type VaultRelay, vaultRelay } from '../kit/vault-relay.js'

const halfLifeMs = 5 * hourMs
const endedMs = 9 * hourMs
const overMs = 61_000

const refreshHash = (host: Engine) => host.memory().held?.refreshHash ?? ''
const journalOf = ({ home }: Engine) => readFileSync(home.paths.journal, 'utf8')

/** Does `work` once, as soon as a host has announced itself and before it hears of that. */
function onIntent(relay: VaultRelay, work: () => Promise<unknown>) {
  relay.written = async body => {
    if (!body.includes('"claude_auth_intent":{')) return
    relay.written = null
    await work()
  }
}

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)

  for (const custody of custodies)
    t.test(`${custody}: two hosts at once renew once, and both have the result`, async t => {
      const { one, two } = await twoEngines(t, bao, { config: { custody } })
      for (let round = 0; round < 4; round++) {
        one.pass(round % 2 === 0 ? halfLifeMs : endedMs)
        const before = one.asked('token')
        const outcomes = await Promise.all([one.ensure(), two.ensure()])
        t.same(
          outcomes.map(({ because }) => because),
          ['fresh', 'fresh'],
        )
        t.equal(one.asked('token') - before, 1)
        t.equal(accessToken(one), accessToken(two))
        t.equal(await intentOf(bao), null)
      }
      t.equal(one.authority.counts().reuses, 0)
    })

  t.test('a host waits while another one’s request is under way, then adopts', async t => {
    const { one, two } = await twoEngines(t, bao)
    one.pass(endedMs)
    one.authority.fail('token', faults.late(2000))
    let isAnswered = false
    const renewing = one.ensure().then(outcome => {
      isAnswered = true
      return outcome
    })
    await until(() => one.asked('token') === 1)
    t.match(await intentOf(bao), { parent: refreshHash(two), ended: null })
    const adopted = await two.ensure()
    t.ok(isAnswered, 'it went on only once the result was there')
    t.match(storyOf(adopted), /read-store.*restore store-newer/)
    t.match(await renewing, { because: 'fresh' })
    t.equal(one.asked('token'), 1)
    t.equal(accessToken(one), accessToken(two))
  })

  for (const isAlone of [true, false])
    t.test(
      `a document that changes before each write, ${isAlone ? 'nobody else' : 'another host'} on it`,
      async t => {
        const gateway = await vaultGateway(t, bao)
        const behind = { ...bao, address: gateway.address }
        const { one } = await twoEngines(t, behind)
        if (isAlone) {
          const { claude_auth_hosts: _, ...data } = (await bao.document(me))?.data ?? {}
          await bao.put(me, data)
          await one.ensure({ forced: true })
        }
        one.pass(endedMs)
        gateway.before = async ({ method }) => {
          if (method === 'GET') return
          await bao.put(me, { ...(await bao.document(me))?.data, team: Math.random() })
        }
        t.match(await one.ensure(), { because: isAlone ? 'fresh' : 'no-answer' })
        t.equal(one.asked('token'), isAlone ? 1 : 0)
        gateway.before = null
        one.pass(6 * minuteMs)
        t.match(await one.ensure(), { because: 'fresh', store: { state: 'current' } })
        t.equal(one.asked('token'), 1)
      },
    )

  t.test('an intent without a result holds for a minute of the server’s clock', async t => {
    const relay = await vaultRelay(t, bao)
    const { one } = await twoEngines(t, relay)
    one.pass(endedMs)
    await putIntent(bao, refreshHash(one))
    const waiting = one.ensure()
    await sleep(1500)
    one.pass(2 * minuteMs)
    await sleep(1500)
    t.equal(one.asked('token'), 0, 'no clock of a host counts')
    relay.aheadMs = overMs
    t.match(await waiting, { because: 'fresh' })
    t.equal(one.asked('token'), 1)
    t.match(journalOf(one), /"because":"maybe-spent".*"detail":"by me@elsewhere"/)
    t.equal(await intentOf(bao), null)
  })

  t.test('after that minute a login that still works waits until late in its life', async t => {
    const relay = await vaultRelay(t, bao)
    const { one } = await twoEngines(t, relay)
    const hash = refreshHash(one)
    await putIntent(bao, hash)
    relay.aheadMs = overMs
    one.pass(halfLifeMs)
    t.equal((await one.ensure()).because, 'fresh', 'it is good for hours yet')
    t.equal(one.asked('token'), 0)
    t.match(one.memory().maybeSpent, [{ hash, tries: 1 }])
    one.pass(3 * hourMs - 5 * minuteMs)
    t.equal((await one.ensure()).because, 'fresh')
    t.equal(one.asked('token'), 1, 'late in its life it is tried once more')
    t.equal(await intentOf(bao), null)
  })

  t.test('what another host lost is lost here too; what it was refused is dead', async t => {
    const { one } = await twoEngines(t, bao)
    const hash = refreshHash(one)
    await putIntent(bao, hash, 'maybe-spent')
    one.pass(halfLifeMs)
    t.equal((await one.ensure()).because, 'fresh')
    t.match(one.memory().maybeSpent, [{ hash, tries: 1 }])
    const document = await bao.document(me)
    const intent = { id: 'later', by: 'me@elsewhere', parent: hash, ended: 'refused' }
    await bao.put(me, { ...document?.data, claude_auth_intent: intent })
    one.pass(endedMs)
    t.equal((await one.ensure()).because, 'grant-refused')
    t.equal(one.asked('token'), 0)
    t.ok(one.memory().spent.includes(hash))
  })

  for (const custody of custodies)
    t.test(`${custody}: a host that slept after its announcement posts nothing`, async t => {
      const relay = await vaultRelay(t, bao)
      const { one, two } = await twoEngines(t, relay, { config: { custody } })
      one.pass(endedMs)
      onIntent(relay, async () => {
        relay.aheadMs = overMs
        t.match(await two.ensure(), { because: 'fresh' })
        one.pass(minuteMs)
      })
      t.match(await one.ensure(), { because: 'fresh' })
      t.same(one.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      t.equal(accessToken(one), accessToken(two))
      t.equal(await intentOf(bao), null)
    })

  t.test('one that slept while nobody else came announces anew', async t => {
    const relay = await vaultRelay(t, bao)
    const { one } = await twoEngines(t, relay)
    one.pass(endedMs)
    onIntent(relay, async () => one.pass(minuteMs))
    t.match(await one.ensure(), { because: 'fresh' })
    t.equal(one.asked('token'), 1)
    t.equal(await intentOf(bao), null)
  })

  t.test('others who write in between keep no result from the document', async t => {
    const relay = await vaultRelay(t, bao)
    const write = async (key: string) =>
      bao.put(me, { ...(await bao.document(me))?.data, [key]: 'of others' })
    const { one, two } = await twoEngines(t, relay)
    one.pass(endedMs)
    onIntent(relay, () => write('first'))
    t.match(await one.ensure(), { because: 'fresh', store: { state: 'current' } })
    t.equal(await intentOf(bao), null)
    t.match(await two.ensure(), { because: 'fresh' })
    t.equal(accessToken(one), accessToken(two))
    t.equal(one.asked('token'), 1)

    one.authority.fail('token', faults.answer(400, { error: 'invalid_grant' }))
    one.pass(endedMs)
    onIntent(relay, () => write('second'))
    t.match(await one.ensure(), { because: 'grant-refused' })
    t.match(await intentOf(bao), { ended: 'refused' })
    t.match((await bao.document(me))?.data, { first: 'of others', second: 'of others' })
    t.match(await two.ensure(), { because: 'grant-refused' })
    t.equal(one.asked('token'), 2)
  })

  t.test('a request that never left is taken back', async t => {
    const { one, two } = await twoEngines(t, bao)
    one.pass(endedMs)
    one.configure({
      store: 'vault',
      vault: { address: bao.address, timeout: '1s' },
      endpoints: { oauth: 'http://127.0.0.1:9', api: one.authority.url },
    })
    t.match(await one.ensure(), { because: 'no-answer' })
    t.equal(await intentOf(bao), null)
    t.match(await two.ensure(), { because: 'fresh' }, 'the other host need not wait')
  })

  t.test('known to others, a login is not renewed while Vault is away; alone it is', async t => {
    const { one, two } = await twoEngines(t, bao)
    bao.hang()
    t.teardown(() => bao.goOn())
    one.pass(endedMs)
    t.equal((await one.ensure()).because, 'own-trouble')
    t.equal(one.asked('token'), 0)
    bao.goOn()
    t.equal((await two.ensure()).because, 'fresh')
    t.equal((await one.ensure()).because, 'fresh')
    t.equal(one.asked('token'), 1)
  })
})
