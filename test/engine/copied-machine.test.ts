// Machines that are copies of each other, with one login, memory and name: one refresh token is posted once, also while Vault is away.

import { cpSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ensureLines } from '../../src/engine/ensure-words.js'
import { previewOf, statusFacts } from '../../src/engine/preview.js'
import { statusLines } from '../../src/engine/status-words.js'
import { plainInk } from '../../src/text/terminal.js'
import { custodies, type Engine, engine, hourMs, minuteMs } from '../kit/engine.js'
import { openBao } from '../kit/openbao.js'
import { recorded, recordedElsewhere } from '../kit/recorded-instance.js'
import { me, vaultEngine } from '../kit/vault-box.js'
import { type VaultGateway, vaultGateway } from '../kit/vault-gateway.js'

const bao = await openBao(t)
const parts = ['.claude', '.local']
const dayMs = 24 * hourMs

interface Machines {
  at: Engine
  line: VaultGateway
  /** The machine that the home is of now. */
  as(name: 'one' | 'two'): Engine
}

interface CopyOptions {
  /** Nothing tells the copy from the first one: the disk was copied block by block. */
  isBlockwise?: boolean
}

/** One machine whose login is in Vault, and a copy of it. */
async function copied(t: Test, { isBlockwise = false }: CopyOptions = {}): Promise<Machines> {
  await bao.put(me, {})
  const line = await vaultGateway(t, bao)
  const behind = { ...bao, address: line.address }
  const at = await vaultEngine(t, behind, { config: { custody: 'sole' } })
  t.match(await at.ensure({ forced: true }), { verdict: 'ok', store: { state: 'current' } })
  const kept = (name: string) => join(at.home.path, 'machines', name)
  for (const name of ['one', 'two']) mkdirSync(kept(name), { recursive: true, mode: 0o700 })
  for (const part of parts)
    cpSync(join(at.home.path, part), join(kept('two'), part), {
      recursive: true,
      preserveTimestamps: true,
    })
  let now = 'one'
  const as = (name: 'one' | 'two') => {
    if (name === now) return at
    for (const part of parts) {
      renameSync(join(at.home.path, part), join(kept(now), part))
      renameSync(join(kept(name), part), join(at.home.path, part))
    }
    now = name
    return at
  }
  as('two')
  const inode = String(statSync(at.home.paths.state).ino)
  if (isBlockwise)
    recorded(at, ({ fingerprints }) => ({
      fingerprints: fingerprints.map(each => ({ ...each, inode, folder: inode })),
    }))
  as('one')
  return { at, line, as }
}

async function withoutVault(line: VaultGateway, work: () => Promise<unknown>) {
  await line.shut()
  await work()
  await line.open()
}

t.test('a copy with Vault away from its first moment posts nothing', async t => {
  const { at, line, as } = await copied(t)
  await withoutVault(line, async () => {
    at.pass(5 * hourMs)
    t.match(await as('two').ensure(), { verdict: 'attention' }, 'its access token still works')
    t.match(await as('one').ensure(), { did: ['read-store', 'renew'] })
    at.pass(5 * hourMs)
    t.match(await as('two').ensure(), { because: 'own-trouble' }, 'nobody is called')
    t.match(at.authority.counts(), { tokenRequests: 1, reuses: 0 })
  })
  at.pass(hourMs)
  t.match(await as('one').ensure({ forced: true }), { verdict: 'ok' })
  t.match(await as('two').ensure({ forced: true }), { verdict: 'ok' })
  t.ok(at.authority.accepts(at.login()?.accessToken ?? ''), 'and takes what the other one has')
  t.equal(at.authority.counts().reuses, 0)
})

for (const [what, options] of [
  ['a home that was copied', {}],
  ['a disk that was copied, which nothing tells from the first', { isBlockwise: true }],
] as const)
  t.test(`${what}: with Vault one request a renewal, without it none once they know`, async t => {
    const { at, line, as } = await copied(t, options)
    for (let round = 0; round < 3; round++) {
      at.pass(5 * hourMs)
      const before = at.authority.counts().tokenRequests
      for (const name of ['one', 'two', 'one'] as const)
        t.match(await as(name).ensure(), { verdict: 'ok' }, `${round} ${name}`)
      t.equal(at.authority.counts().tokenRequests - before, 1, `round ${round}`)
    }
    for (const name of ['one', 'two'] as const)
      t.type(as(name).memory().othersSeenAtMs, 'number', `${name} knows of the other`)
    const before = at.authority.counts()
    await withoutVault(line, async () => {
      at.pass(9 * hourMs)
      for (const name of ['one', 'two'] as const)
        t.match(await as(name).ensure(), { because: 'own-trouble' }, name)
    })
    t.same(at.authority.counts(), before)
    at.pass(hourMs)
    for (const name of ['one', 'two'] as const)
      t.match(await as(name).ensure({ forced: true }), { verdict: 'ok' }, name)
    t.equal(at.authority.counts().reuses, 0)
  })

for (const [what, change] of [
  ['booted again', { system: 'another' }],
  ['renamed', { machine: 'another', system: 'another' }],
  ['on other hardware that nobody can tell', { system: 'another', devices: [] }],
] as const)
  t.test(`a machine that was ${what} renews at once, Vault or not`, async t => {
    const { at, line } = await copied(t)
    recorded(at, ({ fingerprints }) => ({
      fingerprints: fingerprints.map(each => ({ ...each, ...change })),
    }))
    await withoutVault(line, async () => {
      at.pass(9 * hourMs)
      t.match(await at.ensure(), { did: ['read-store', 'renew'] })
    })
    await at.ensure({ forced: true })
    t.equal(at.memory().othersSeenAtMs, null, 'it has left no other host behind')
  })

t.test(
  'a home that was put back from a backup waits for Vault once, and is alone again',
  async t => {
    const { at, line, as } = await copied(t)
    as('two')
    at.pass(9 * hourMs)
    await withoutVault(line, async () => {
      t.match(await at.ensure(), { because: 'own-trouble' })
      t.equal(at.authority.counts().tokenRequests, 0)
    })
    at.pass(hourMs)
    t.match(await at.ensure({ forced: true }), { verdict: 'ok' })
    t.equal(at.authority.counts().tokenRequests, 1)
    at.pass(4 * dayMs)
    t.match(await at.ensure(), { verdict: 'ok' })
    t.equal(at.memory().othersSeenAtMs, null, 'nothing of its former name is alive')
    await withoutVault(line, async () => {
      at.pass(9 * hourMs)
      t.match(await at.ensure(), { did: ['read-store', 'renew'] })
    })
    t.equal(at.authority.counts().reuses, 0)
  },
)

for (const custody of custodies)
  t.test(`${custody}, without a document: renewed as late as a client would, once`, async t => {
    const at = await engine(t, { config: { custody } })
    t.match(await at.ensure(), { verdict: 'ok' })
    recordedElsewhere(at)
    const posted = () => at.authority.counts().tokenRequests
    at.pass(5 * hourMs)
    for (const actor of ['launch', 'timer', 'command', 'hook'] as const)
      t.match(await at.ensure({ actor }), { verdict: 'ok', because: 'fresh' }, actor)
    at.pass(3 * hourMs - 6 * minuteMs)
    t.match(await at.ensure({ actor: 'launch' }), { because: 'fresh' })
    t.match(await statusOf(at), /renewed by a launch in its last 5 minutes.*copy of this machine/)
    at.pass(2 * minuteMs)
    t.match(await at.ensure({ actor: 'timer' }), { verdict: 'ok', because: 'fresh' })
    t.equal(posted(), 0)
    t.match(await at.ensure({ actor: 'launch' }), { verdict: 'ok', because: 'fresh' })
    t.equal(posted(), 1)
    t.match(await statusOf(at), /renews by itself/, 'its own token now')
    at.pass(5 * hourMs)
    t.match(await at.ensure({ actor: 'timer' }), { verdict: 'ok', because: 'fresh' })
    t.equal(posted(), 2)
  })

t.test('a timer leaves an ended token to a launch, and says why', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  t.match(await at.ensure(), { verdict: 'ok' })
  recordedElsewhere(at)
  at.pass(9 * hourMs)
  const left = await at.ensure({ actor: 'timer' })
  t.match(left, { verdict: 'attention', because: 'maybe-copied', alert: 'off' })
  t.match(ensureLines(left, at.clock.ms, null).join(' '), /the next launch renews it/)
  t.match(await statusOf(at), /is renewed at the next launch/)
  t.equal(at.authority.counts().tokenRequests, 0)
  t.match(await at.ensure({ actor: 'hook' }), { verdict: 'ok', because: 'fresh' })
  t.equal(at.authority.counts().tokenRequests, 1)
})

async function statusOf(at: Engine): Promise<string> {
  const run = { ...(await at.run({ offline: true })), readOnly: true }
  return statusLines(statusFacts(run, await previewOf(run)), 500, plainInk).join('\n')
}
