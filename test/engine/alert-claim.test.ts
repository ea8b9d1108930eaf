// Two hosts on one path: of the same need to sign in, and of its end, people hear once.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { ensure } from '../../src/engine/ensure.js'
import { observe } from '../../src/engine/observe.js'
import { commit, type Run } from '../../src/engine/run.js'
import { report } from '../../src/engine/tell.js'
import { tokenHash } from '../../src/login/login.js'
import type { Outcome } from '../../src/policy/outcome.js'
import type { Decision } from '../../src/policy/state.js'
import { fromDocument } from '../../src/store/document.js'
import type { SharedDocument } from '../../src/store/store.js'
import { vaultClient } from '../../src/store/vault/client.js'
import { vaultDocument } from '../../src/store/vault/document.js'
import { vaultStore } from '../../src/store/vault/store.js'
import { makeTrouble } from '../../src/system/trouble.js'
import { directNetwork } from '../kit/direct-network.js'
import { type Engine, engine, hourMs, minuteMs } from '../kit/engine.js'
import { type OpenBao, openBao } from '../kit/openbao.js'
import { sharedMemory } from '../kit/shared-memory.js'

type Test = Parameters<typeof engine>[0]

const work = { steps: [], did: [] }
const ended: Decision = { do: 'sign-in', because: 'login-ended', about: null }
const fine: Decision = { do: 'launch', because: 'fresh', about: null }
const quiet = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }

/** One home on the shared document, and the host's name. */
interface Host {
  at: Engine
  run: () => Promise<Run>
  tell: (decision: Decision) => Promise<Outcome['alert']>
  ensure: () => Promise<Outcome>
  journal: () => string
}

function hostOn(at: Engine, shared: SharedDocument, host: string): Host {
  const hook = join(at.home.path, 'hook')
  at.home.write(hook, `${at.authority.url}/services/T/B/made-up`)
  at.configure({ alerts: { slack: { webhookFile: hook } } })
  const run = async (): Promise<Run> => {
    const started = await at.run()
    const { store } = started
    if (store === null) throw new Error('no store')
    const person = { ...started.person, host }
    return {
      ...started,
      person,
      store: vaultStore(shared, store, { isShared: true, drift: () => null }),
    }
  }
  const { journal } = at.home.paths
  return {
    at,
    run,
    tell: async decision => {
      const each = await run()
      return (await report(each, observe(each), decision, work)).outcome.alert
    },
    ensure: async () => (await ensure(await run(), quiet)).outcome,
    journal: () => (existsSync(journal) ? readFileSync(journal, 'utf8') : ''),
  }
}

async function twoHosts(t: Test, login: 'valid' | 'dead' = 'valid') {
  const shared = sharedMemory()
  const at = await engine(t, { login })
  const one = hostOn(at, shared, 'one')
  const two = hostOn(await engine(t, { login: 'none', beside: at }), shared, 'two')
  const messages = () => at.authority.slackMessages.map(each => JSON.stringify(each))
  return { one, two, shared, messages, at }
}

t.test('the first to need it tells, and so does the first to find it over', async t => {
  const { one, two, shared, messages } = await twoHosts(t)
  t.equal(await one.tell(ended), 'sent')
  t.equal(await two.tell(ended), 'unchanged')
  t.equal(await one.tell(ended), 'unchanged')
  t.match(shared.data['claude_auth_alert'], { signIn: { by: /@one$/, over: null } })
  t.match(two.journal(), '"because":"left"')
  t.equal(await two.tell(fine), 'sent')
  t.equal(await one.tell(fine), 'unchanged')
  t.match(messages(), [/on one needs to sign in/, /on two is signed in/])
  t.equal(messages().length, 2)
  t.equal(await two.tell(ended), 'sent', 'another need is another condition')
  t.match(messages()[2], /on two needs to sign in/)
})

t.test('both at the same moment: the loser of the write leaves it', async t => {
  for (let round = 0; round < 5; round++) {
    const { one, two, messages } = await twoHosts(t)
    const begins = await Promise.all([one.tell(ended), two.tell(ended)])
    t.same(begins.sort(), ['sent', 'unchanged'])
    const ends = await Promise.all([one.tell(fine), two.tell(fine)])
    t.same(ends.sort(), ['sent', 'unchanged'])
    t.equal(messages().length, 2)
  }
})

t.test('a host that never knew tells no end', async t => {
  const { one, two, messages } = await twoHosts(t)
  await one.tell(ended)
  t.equal(await two.tell(fine), 'unchanged')
  t.equal(messages().length, 1)
  t.equal(await one.tell(fine), 'sent')
})

t.test('the store is asked only when something is to be sent', async t => {
  const { one, shared } = await twoHosts(t)
  await one.tell(fine)
  t.equal(shared.reads, 0)
  await one.tell(ended)
  t.equal(shared.reads, 1)
  await one.tell(ended)
  t.equal(shared.reads, 1)
  one.at.configure()
  await one.tell(fine)
  t.equal(shared.reads, 1, 'with nobody to send to it is not asked')
})

t.test('a store that gives no answer is no reason to stay silent', async t => {
  const { one, two, shared, messages } = await twoHosts(t)
  const away = { kind: 'unreachable', trouble: makeTrouble('Vault does not answer') } as const
  shared.trouble = away
  t.equal(await one.tell(ended), 'sent')
  t.match(one.journal(), 'not agreed with other hosts: Vault does not answer')
  const run = await two.run()
  commit(run, { learned: { storeRead: away } })
  const reads = shared.reads
  t.equal((await report(run, observe(run), ended, work)).outcome.alert, 'sent')
  t.equal(shared.reads, reads, 'it was asked in this run already')
  shared.trouble = null
  t.equal(await one.tell(fine), 'sent', 'and the end of what was told alone is told')
  t.equal(messages().length, 3)
})

t.test('a store that hangs holds a launch up for no more than the alerts may take', async t => {
  const { one, shared, messages } = await twoHosts(t)
  let letGo = () => {}
  shared.trouble = new Promise<void>(resolve => {
    letGo = resolve
  })
  t.equal(await one.tell(ended), 'sent')
  t.match(one.journal(), 'the store took too long')
  letGo()
  t.equal(messages().length, 1)
})

t.test('others write all the time: it is told without a claim in the end', async t => {
  const { one, shared, messages } = await twoHosts(t)
  shared.between = () => {
    shared.version++
  }
  t.equal(await one.tell(ended), 'sent')
  t.equal(shared.reads, 3)
  t.match(one.journal(), 'other hosts wrote at the same time')
  t.equal(messages().length, 1)
})

t.test('what was claimed and not delivered is tried again without asking the store', async t => {
  const { one, two, shared, messages, at } = await twoHosts(t)
  at.authority.fail('slack', faults.answer(500))
  t.equal(await one.tell(ended), 'failed')
  t.equal(await two.tell(ended), 'unchanged')
  const { reads } = shared
  at.pass(minuteMs)
  t.equal(await one.tell(ended), 'sent')
  t.equal(shared.reads, reads)
  t.equal(messages().length, 1)
})

t.test('an early warning comes from one host, a nearer one again', async t => {
  const { one, two, messages, at } = await twoHosts(t)
  const login = at.login()
  if (login === null) throw new Error('no login')
  const refreshTokenExpiresAt = at.clock.ms + 2 * 24 * hourMs
  for (const host of [one, two]) host.at.writeLogin({ ...login, refreshTokenExpiresAt })
  t.equal(await one.tell(fine), 'sent')
  t.equal(await two.tell(fine), 'unchanged')
  at.pass(30 * hourMs)
  t.equal(await two.tell(fine), 'sent')
  t.equal(await one.tell(fine), 'unchanged')
  t.equal(messages().length, 2)
})

t.test('a document with nothing but a claim is read, and other keys stay', async t => {
  const { one, shared } = await twoHosts(t)
  Object.assign(shared, { data: { theirs: [1] }, version: 1 })
  await one.tell(ended)
  t.same(shared.data['theirs'], [1])
  t.match(fromDocument(shared.data), { login: null, alert: { signIn: { over: null } } })
  t.notOk(
    'alert' in
      (fromDocument({ ...shared.data, claude_auth_alert: 'x', setup_token: 'a'.repeat(9) }) ?? {}),
  )
})

t.test('a login that is ahead of the document does not hide its claim for good', async t => {
  const { one, shared, messages, at } = await twoHosts(t)
  await one.ensure()
  await one.tell(ended)
  const run = await one.run()
  const read = await run.store?.read()
  const keep = run.store?.keep
  if (read?.kind !== 'current' || !read.stored.lineage || !keep) throw new Error('no login')
  const { lineage, login } = read.stored
  const newer = at.signIn()
  const { accessToken, refreshToken } = newer
  const chain = [...lineage.chain, tokenHash(refreshToken ?? '')]
  const next = { ...lineage, generation: lineage.generation + 1, chain }
  await keep({
    ...read.stored,
    login: login && { ...login, accessToken, refreshToken },
    lineage: next,
  })
  t.match(await run.store?.read(), { isCached: true, away: null })
  t.equal(await one.tell(fine), 'sent')
  t.equal(messages().length, 2)
  t.ok(shared.data['claude_auth_alert'])
})

t.test('whole runs: a dead login, a sign-in on one host, and all is well on both', async t => {
  const { one, two, shared, messages, at } = await twoHosts(t, 'dead')
  const first = await one.ensure()
  t.match(first, { verdict: 'sign-in', alert: 'sent' })
  t.match(await two.ensure(), { verdict: 'sign-in', alert: 'unchanged' })
  t.equal(messages().length, 1)
  const hosts = [two, one]
  two.at.writeLogin(at.signIn())
  for (const host of hosts) t.match(await host.ensure(), { verdict: 'ok' })
  t.match(shared.data['claude_auth_alert'], { signIn: { over: { by: /@two$/ } } })
  for (const host of hosts) t.match(await host.ensure(), { alert: 'unchanged' })
  t.equal(messages().length, 2)
  t.match(fromDocument(shared.data)?.login, { accessToken: two.at.login()?.accessToken })
  t.equal(one.at.login()?.accessToken, two.at.login()?.accessToken)
})

/** The very document that the program uses, under the token of a site's user. */
async function documentOf(bao: OpenBao, user: string): Promise<SharedDocument> {
  const token = await bao.userToken(user)
  const network = directNetwork()
  const place = { address: bao.address, namespace: null, caCert: null, timeoutMs: 5000, network }
  const session = {
    token: async () => ({ kind: 'open', token }) as const,
    whyRefused: async () => null,
    drift: () => null,
  }
  const path = `workstation/claude-users/${user}`
  return vaultDocument(vaultClient(place), session, { mount: 'secret', path })
}

t.test('two homes on one path of a real OpenBao, at once: one begin, one end', async t => {
  const bao = await openBao(t)
  for (let round = 0; round < 10; round++) {
    const user = `alice${round}`
    const at = await engine(t, { login: 'dead' })
    const beside = await engine(t, { login: 'none', beside: at })
    const one = hostOn(at, await documentOf(bao, user), 'one')
    const two = hostOn(beside, await documentOf(bao, user), 'two')
    const begins = await Promise.all([one.tell(ended), two.tell(ended)])
    t.same(begins.sort(), ['sent', 'unchanged'])
    const ends = await Promise.all([one.tell(fine), two.tell(fine)])
    t.same(ends.sort(), ['sent', 'unchanged'])
    t.equal(at.authority.slackMessages.length, 2)
    const document = await bao.document(user)
    t.match(document?.data, { claude_auth_alert: { signIn: { over: {} } } })
    t.equal(document?.version, 2, 'one write each, and none by who lost')
  }
})
