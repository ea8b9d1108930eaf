// Our renewal and the real clients' in each other's way: the locks and the owner file look alike, and who comes second waits.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { realClient } from '../kit/real-clients.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { until } from '../kit/terminal.js'

const newer = realClient('new')
const skip = newer.skip
const exhaustive = process.env['CLAUDE_AUTH_TEST_EXHAUSTIVE'] === '1'
t.jobs = 2

/** What stands beside the login file while a request is at the token endpoint. */
function locksOf(box: Sandbox) {
  const lock = join(box.home.paths.folder, '.oauth_refresh.lock')
  const owner = JSON.parse(readFileSync(`${lock}.owner`, 'utf8')) as Record<string, unknown>
  return {
    owner,
    lockBorn: statSync(lock).birthtimeMs,
    legacyBorn: statSync(`${box.home.paths.folder}.lock`).birthtimeMs,
    storage: existsSync(join(box.home.paths.folder, '.storage-write.lock')),
  }
}

/** Field 22 of its stat, proc(5). */
function startOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** Starts a renewal that takes some time, and looks at its locks in the midst of it. */
async function inFlight(box: Sandbox, who: 'client' | 'ours') {
  box.authority.fail('token', faults.late(1500))
  let pid = 0
  const more = { onStart: (started: number) => (pid = started) }
  const run = who === 'client' ? box.run('claude', ['-p', 'hi'], more) : box.ensure([], more)
  await until(() => box.authority.counts().tokenRequests > 0)
  const seen = { ...locksOf(box), pid, start: startOf(pid) }
  return { ...seen, run }
}

t.test("the owner file is the new client's, field by field", { skip, buffered: true }, async t => {
  const options = { login: 'expired', client: newer.path, via: 'proxy' } as const
  const boxes = { theirs: await sandbox(t, options), ours: await sandbox(t, options) }
  const theirs = await inFlight(boxes.theirs, 'client')
  const ours = await inFlight(boxes.ours, 'ours')
  t.same(Object.keys(ours.owner), Object.keys(theirs.owner))
  for (const { owner, lockBorn, legacyBorn, storage, pid, start } of [theirs, ours]) {
    t.equal(owner['pid'], pid)
    t.equal(owner['procStart'], start)
    t.equal(owner['lockBirthtimeMs'], lockBorn)
    t.equal(owner['legacyLockBirthtimeMs'], legacyBorn)
    t.equal(storage, false)
  }
  for (const field of ['pidDomain', 'pidSpace']) t.equal(ours.owner[field], theirs.owner[field])
  await Promise.all([theirs.run, ours.run])
  for (const { home } of Object.values(boxes))
    for (const left of ['.oauth_refresh.lock', '.oauth_refresh.lock.owner', '../.claude.lock'])
      t.notOk(existsSync(join(home.paths.folder, left)), left)
})

for (const client of [newer, realClient('old')]) {
  const options = { login: 'expired', client: client.path, via: 'proxy' } as const
  const named = { skip: client.skip, buffered: true }

  t.test(`${client.version} waits for our renewal and uses what it brought`, named, async t => {
    const box = await sandbox(t, options)
    box.authority.fail('token', faults.late(3500))
    const ours = box.ensure()
    await until(() => box.authority.counts().tokenRequests > 0)
    const all = [box.run('claude', ['-p', 'hi']), box.run('claude', ['-p', 'hi'])]
    for (const { code, stdout } of await Promise.all(all))
      t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
    t.equal((await ours).outcome?.verdict, 'ok')
    t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  })

  t.test(`our run waits for a renewal of ${client.version} and adopts it`, named, async t => {
    const box = await sandbox(t, options)
    box.authority.fail('token', faults.late(2000))
    const theirs = box.run('claude', ['-p', 'hi'])
    await until(() => box.authority.counts().tokenRequests > 0)
    const { outcome } = await box.ensure()
    t.match(outcome, { verdict: 'ok', store: { state: 'current' } })
    t.match(await theirs, { code: 0, stdout: 'Hello.\n' })
    t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  })

  // The old one leaves no owner file: its locks are stale only after a minute.
  const slow = client === newer || exhaustive ? named : { skip: 'takes a minute' }
  t.test(`${client.version} killed in its renewal: our run takes over`, slow, async t => {
    const box = await sandbox(t, options)
    box.authority.fail('token', faults.hang())
    let pid = 0
    const theirs = box.run('claude', ['-p', 'hi'], { onStart: started => (pid = started) })
    await until(() => box.authority.counts().tokenRequests > 0)
    process.kill(-pid, 'SIGKILL')
    await theirs
    const more = { timeoutMs: 90_000 }
    const first = await box.ensure([], more)
    const last = first.outcome?.verdict === 'ok' ? first : await box.ensure([], more)
    t.comment(`${Math.round(first.ms / 1000)} s, then ${Math.round(last.ms / 1000)} s`)
    t.equal(last.outcome?.verdict, 'ok')
    t.match(await box.run('claude', ['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
    t.equal(box.authority.counts().reuses, 0)
  })
}

t.test(
  'a new client takes over from our run when that was killed',
  { skip, buffered: true },
  async t => {
    const box = await sandbox(t, { login: 'expired', client: newer.path, via: 'proxy' })
    box.authority.fail('token', faults.hang())
    let pid = 0
    const ours = box.ensure([], { onStart: started => (pid = started) })
    await until(() => box.authority.counts().tokenRequests > 0)
    process.kill(-pid, 'SIGKILL')
    await ours
    t.match(await box.run('claude', ['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
    t.same(box.authority.counts(), { tokenRequests: 2, rotations: 1, reuses: 0 })
    t.match((await box.ensure()).outcome, { verdict: 'ok' })
    t.same(box.authority.counts(), { tokenRequests: 2, rotations: 1, reuses: 0 })
  },
)
