// Copied machines with installed programs: clones and copied homes post one refresh token once, and what is still the same machine does not wait.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type Machine, machineCopies, noDisks, noMachines } from '../kit/machine-copies.js'
import { openBao } from '../kit/openbao.js'
import { realClient } from '../kit/real-clients.js'
import { me, vaultBox } from '../kit/vault-box.js'
import { vaultGateway } from '../kit/vault-gateway.js'
import { type Wrapped, wrapped } from '../kit/wrapped.js'

const bao = await openBao(t)
const newest = realClient('new')
const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

/** A machine's home whose login is in Vault and in sole custody; `shut` lets Vault be away. */
async function setUp(t: Test) {
  await bao.put(me, {})
  const line = await vaultGateway(t, bao)
  const behind = { ...bao, address: line.address }
  const box = await vaultBox(t, behind, { config: { custody: 'sole' } })
  const copies = machineCopies(t, box)
  const words = [join(box.home.tools, 'node'), program, 'ensure', '--json', '--force']
  const ensure = async (machine: Machine) => JSON.parse((await machine(words)).stdout)
  const launch = (machine: Machine) => machine([box.wrapper, '-p', 'hi'])
  return { box, line, copies, ensure, launch }
}

/** A first run on `machine`; then its access token ends. */
async function prepared({ box, ensure }: Awaited<ReturnType<typeof setUp>>, machine: Machine) {
  t.match(await ensure(machine), { verdict: 'ok', custody: 'sole', store: { state: 'current' } })
  await expire(box, machine)
}

const ending = `const fs = require('node:fs')
const file = process.argv[1]
const all = JSON.parse(fs.readFileSync(file, 'utf8'))
all.claudeAiOauth.expiresAt = Date.now() - 60_000
fs.writeFileSync(file, JSON.stringify(all))`

async function expire({ home, authority, secrets }: Wrapped, machine: Machine) {
  await machine([join(home.tools, 'node'), '-e', ending, home.paths.loginFile])
  for (const token of secrets().filter(each => each.includes('-oat01-')))
    authority.expireAccess(token)
}

const counts = (box: Wrapped) => box.authority.counts()
const cards = ['00:0c:29:11:22:33', '00:0c:29:44:55:66'] as const

/** Both launch while Vault is away, then again with it. */
async function bothLaunch(
  t: Test,
  at: Awaited<ReturnType<typeof setUp>>,
  first: Machine,
  copy: Machine,
) {
  const { box, line, launch, ensure } = at
  await line.shut()
  t.match(await launch(first), { code: 0, stdout: 'client: -p hi\n' })
  t.match(counts(box), { tokenRequests: 1, reuses: 0 })
  const held = await launch(copy)
  t.match(held, { code: 0, stdout: 'client: -p hi\n' }, 'the client starts all the same')
  t.notMatch(held.stderr, /claude-auth login/, 'nobody is called to sign in')
  await box.settle()
  t.match(counts(box), { tokenRequests: 1, reuses: 0 }, 'one of them has posted')
  await line.open()
  for (const machine of [first, copy]) t.match(await ensure(machine), { verdict: 'ok' })
  t.equal(counts(box).reuses, 0)
}

t.test('a cloned VM with a network card of its own', { skip: noDisks }, async t => {
  const at = await setUp(t)
  const disk = at.copies.diskOf(at.box.home.path)
  const first = at.copies.machine(disk, { address: cards[0] })
  await prepared(at, first)
  const copy = at.copies.machine(at.copies.copyDisk(disk), { address: cards[1] })
  await bothLaunch(t, at, first, copy)
})

t.test('a home copied to another machine', { skip: noMachines }, async t => {
  const at = await setUp(t)
  const home = at.copies.copyHome(at.box.home.path)
  const first = at.copies.machine(home)
  await prepared(at, first)
  const other = { hostname: 'other', machineId: 'b'.repeat(32) }
  await bothLaunch(t, at, first, at.copies.machine(at.copies.copyHome(home), other))
})

t.test(
  'a second container of one set-up, on a copy of its volume',
  { skip: noMachines },
  async t => {
    const at = await setUp(t)
    const home = at.copies.copyHome(at.box.home.path)
    const first = at.copies.machine(home, { isContainer: true })
    await prepared(at, first)
    const second = at.copies.machine(at.copies.copyHome(home), { isContainer: true })
    await bothLaunch(t, at, first, second)
  },
)

t.test(
  'clones that nothing tells apart, both at work while Vault is there',
  { skip: noDisks },
  async t => {
    const at = await setUp(t)
    const { box, line, ensure } = at
    const disk = at.copies.diskOf(box.home.path)
    const first = at.copies.machine(disk)
    await prepared(at, first)
    const copy = at.copies.machine(at.copies.copyDisk(disk))
    const both = await Promise.all([at.launch(first), at.launch(copy)])
    for (const launched of both) t.match(launched, { code: 0, stderr: '' })
    await box.settle()
    t.match(counts(box), { tokenRequests: 1, reuses: 0 })
    for (const machine of [first, copy, first]) t.match(await ensure(machine), { verdict: 'ok' })
    for (const machine of [first, copy]) await expire(box, machine)
    await line.shut()
    for (const machine of [first, copy]) t.match(await at.launch(machine), { code: 0 })
    await box.settle()
    t.match(counts(box), { tokenRequests: 1, reuses: 0 }, 'they know of each other')
  },
)

t.test('hosts of one golden image, each with a state of its own', { skip: noMachines }, async t => {
  const at = await setUp(t)
  const { box, line, ensure } = at
  const image = at.copies.copyHome(box.home.path)
  const first = at.copies.machine(at.copies.copyHome(image))
  await prepared(at, first)
  t.match(await at.launch(first), { code: 0, stderr: '' })
  await box.settle()
  const second = at.copies.machine(image)
  await second(['rm', box.home.paths.loginFile])
  for (const machine of [second, first, second])
    t.match(await ensure(machine), { verdict: 'ok', custody: 'sole' })
  const hosts = (await bao.document(me))?.data['claude_auth_hosts']
  t.equal(Object.keys(hosts ?? {}).length, 2, 'one name each')
  for (const machine of [first, second]) await expire(box, machine)
  await line.shut()
  for (const machine of [first, second]) t.match(await at.launch(machine), { code: 0 })
  await box.settle()
  t.match(counts(box), { tokenRequests: 1, reuses: 0 }, 'only the one with Vault')
})

/** Still the same machine: with Vault away it renews at once. */
async function renewsAlone(t: Test, at: Awaited<ReturnType<typeof setUp>>, machine: Machine) {
  const before = counts(at.box).tokenRequests
  await at.line.shut()
  t.match(await at.launch(machine), { code: 0, stdout: 'client: -p hi\n' })
  await at.box.settle()
  t.same(counts(at.box), { tokenRequests: before + 1, rotations: before + 1, reuses: 0 })
  await at.line.open()
  t.match(await at.ensure(machine), { verdict: 'ok', store: { state: 'current' } })
  const hosts = (await bao.document(me))?.data['claude_auth_hosts']
  t.equal(Object.keys(hosts ?? {}).length, 1, 'it stands there once')
}

t.test('a host that was renamed and given another id', { skip: noMachines }, async t => {
  const at = await setUp(t)
  const home = at.copies.copyHome(at.box.home.path)
  await prepared(at, at.copies.machine(home))
  const renamed = { hostname: 'renamed', machineId: 'b'.repeat(32) }
  await renewsAlone(t, at, at.copies.machine(home, renamed))
})

t.test('containers made anew on one volume', { skip: noMachines }, async t => {
  const at = await setUp(t)
  const home = at.copies.copyHome(at.box.home.path)
  const container = (hostname: string) => at.copies.machine(home, { hostname, isContainer: true })
  await prepared(at, container('4f5e6d'))
  await renewsAlone(t, at, container('a1b2c3'))
})

t.test(
  'a disk that has another device number after it was mounted again',
  { skip: noDisks },
  async t => {
    const at = await setUp(t)
    const disk = at.copies.diskOf(at.box.home.path)
    await prepared(at, at.copies.machine(disk, { address: cards[0] }))
    const before = `mount -o loop ${at.copies.copyDisk(disk)} /mnt`
    await renewsAlone(t, at, at.copies.machine(disk, { address: cards[0], before }))
  },
)

t.test('a machine without a machine id', { skip: noMachines }, async t => {
  const at = await setUp(t)
  const home = at.copies.copyHome(at.box.home.path)
  const without = { machineId: '' }
  await prepared(at, at.copies.machine(home, without))
  await renewsAlone(t, at, at.copies.machine(home, without))
})

t.test(
  'two bare clients on a copied home post it twice',
  { skip: noMachines || newest.skip },
  async t => {
    const box = await wrapped(t, { login: 'expired', client: newest.path, via: 'proxy' })
    const copies = machineCopies(t, box)
    const home = copies.copyHome(box.home.path)
    const two = [copies.machine(home), copies.machine(copies.copyHome(home), { hostname: 'other' })]
    for (const machine of two) await machine(['claude', '-p', 'hi'])
    t.match(box.authority.counts(), { rotations: 1, reuses: 1 })
  },
)
