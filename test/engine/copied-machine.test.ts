// Machines that are copies of each other, with one login, memory and name: one refresh token is posted once, also while Vault is away.

import { cpSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Instance } from '../../src/login/instance.js'
import type { Memory } from '../../src/login/memory.js'
import { type Engine, engine, hourMs } from '../kit/engine.js'
import { openBao } from '../kit/openbao.js'
import { me, vaultEngine } from '../kit/vault-box.js'
import { type VaultGateway, vaultGateway } from '../kit/vault-gateway.js'

const bao = await openBao(t)
const parts = ['.claude', '.local']
const dayMs = 24 * hourMs

/** Changes what is remembered of where the login folder was met. */
function recorded(at: Engine, change: (instance: Instance) => Partial<Instance>): void {
  const memory = JSON.parse(readFileSync(at.home.paths.stateFile, 'utf8')) as Memory
  if (memory.instance === null) throw new Error('nothing was recorded')
  const instance = { ...memory.instance, ...change(memory.instance) }
  at.home.write(at.home.paths.stateFile, JSON.stringify({ ...memory, instance }))
}

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

t.test('without a shared store nobody could tell, and nobody waits', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  t.match(await at.ensure(), { verdict: 'ok' })
  recorded(at, ({ fingerprints }) => ({
    fingerprints: fingerprints.map(each => ({ ...each, folder: 'x', inode: 'x' })),
  }))
  at.pass(9 * hourMs)
  t.match(await at.ensure(), { did: ['read-store', 'renew'] })
})
