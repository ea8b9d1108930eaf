// The client's locks: one holder at a time across processes, taken over only from the dead.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { withRefreshLocks, withStorageLock } from '../../src/login/client-locks.js'
import { compiled } from '../kit/compiled.js'
import { lockPlace } from '../kit/lock-place.js'

const holderSource = fileURLToPath(new URL('../kit/lock-holder.ts', import.meta.url))
const holder = await compiled(t, holderSource)

function house(t: Test) {
  const root = t.testdir({ claude: {}, mine: {}, other: {} })
  const folder = join(root, 'claude')
  const at = {
    refresh: join(folder, '.oauth_refresh.lock'),
    owner: join(folder, '.oauth_refresh.lock.owner'),
    legacy: `${folder}.lock`,
    storage: join(folder, '.storage-write.lock'),
  }
  const place = lockPlace(folder, join(root, 'mine'))
  /** Are the locks ours for the asking, without any waiting? */
  const taken = async (state = 'mine') => {
    try {
      return await withRefreshLocks(lockPlace(folder, join(root, state)), 0, async () => 'taken')
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const process_ = (state: string, ...args: string[]) => {
    const words = [holder, folder, join(root, state), ...args]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    return child
  }
  /** Another process dies while it holds the locks. */
  const crash = async (state: string) => {
    const child = process_(state, 'hold')
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { root, folder, at, place, taken, process_, crash }
}

function age(path: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds
  utimesSync(path, at, at)
}

t.test('inside, both locks and the owner file are there; afterwards nothing is', async t => {
  const { at, place, root } = house(t)
  const result = await withRefreshLocks(place, 0, async () => {
    t.ok(statSync(at.refresh).isDirectory() && statSync(at.legacy).isDirectory())
    t.same(JSON.parse(readFileSync(at.owner, 'utf8')), {
      ...ownerOf(place.process),
      lockBirthtimeMs: statSync(at.refresh).birthtimeMs,
      legacyLockBirthtimeMs: statSync(at.legacy).birthtimeMs,
    })
    t.equal(statSync(at.owner).mode & 0o777, 0o600)
    return 7
  })
  t.equal(result, 7)
  for (const path of [...Object.values(at), join(root, 'mine', 'locks.jsonl')])
    t.notOk(existsSync(path), path)
})

t.test('a failure inside is passed on, and the locks are given back', async t => {
  const { at, place } = house(t)
  const work = async () => {
    throw new Error('inside')
  }
  await t.rejects(withRefreshLocks(place, 0, work), { message: 'inside' })
  for (const path of Object.values(at)) t.notOk(existsSync(path), path)
})

t.test('two processes are never inside together', async t => {
  const { root, process_ } = house(t)
  const brackets = join(root, 'brackets')
  const children = ['mine', 'other'].map(state => process_(state, 'rounds', brackets, '6'))
  await Promise.all(children.map(child => once(child, 'exit')))
  t.equal(readFileSync(brackets, 'utf8'), '()'.repeat(12))
})

t.test('our own crash’s locks are taken at once', async t => {
  const { crash, taken } = house(t)
  await crash('mine')
  t.equal(await taken('mine'), 'taken')
})

t.test('another’s crash: waited for until it is provably dead', async t => {
  const { crash, taken, at } = house(t)
  await crash('other')
  t.equal(await taken(), 'lock-busy', 'touched just now')
  age(at.refresh, 9)
  age(at.legacy, 9)
  t.equal(await taken(), 'taken', 'gone, and untouched for 8 s')
})

t.test('who is not provably dead is waited for', async t => {
  const cases: [string, (owner: Record<string, unknown>) => object | null][] = [
    [
      'alive',
      owner => ({ ...owner, pid: process.pid, procStart: lockPlace('', '').process.procStart }),
    ],
    ['in another pid namespace', owner => ({ ...owner, pidDomain: 'linux:other:pid:[1]' })],
    [
      'the owner of an earlier lock',
      owner => ({ ...owner, lockBirthtimeMs: 1, legacyLockBirthtimeMs: 2 }),
    ],
    ['unknown', () => null],
  ]
  for (const [name, change] of cases)
    await t.test(name, async t => {
      const { crash, taken, at } = house(t)
      await crash('other')
      const owner = JSON.parse(readFileSync(at.owner, 'utf8'))
      writeFileSync(at.owner, JSON.stringify(change(owner)))
      age(at.refresh, 50)
      age(at.legacy, 50)
      t.equal(await taken(), 'lock-busy')
      age(at.refresh, 61)
      age(at.legacy, 61)
      t.equal(await taken(), 'taken', 'until its locks are stale')
    })
})

t.test('a legacy lock of an old client alone is respected too', async t => {
  const { at, taken } = house(t)
  mkdirSync(at.legacy)
  t.equal(await taken(), 'lock-busy')
  t.notOk(existsSync(at.refresh), 'nothing stays taken')
  t.ok(existsSync(at.legacy))
})

t.test('where no legacy lock can be made, it is gone without', async t => {
  const root = t.testdir({ mine: {} })
  const folder = join(root, 'x'.repeat(252))
  mkdirSync(folder)
  await withRefreshLocks(lockPlace(folder, join(root, 'mine')), 0, async () => {
    const owner = JSON.parse(readFileSync(join(folder, '.oauth_refresh.lock.owner'), 'utf8'))
    t.notOk('legacyLockBirthtimeMs' in owner)
  })
})

t.test(
  'held locks are touched within the time in which an old client would steal them',
  async t => {
    const { at, place } = house(t)
    await withRefreshLocks(place, 0, async () => {
      const before = [at.refresh, at.legacy].map(path => statSync(path).mtimeMs)
      await sleep(2_500)
      const after = [at.refresh, at.legacy].map(path => statSync(path).mtimeMs)
      t.ok(after.every((mtimeMs, index) => mtimeMs > (before[index] ?? 0)))
    })
  },
)

t.test('a lock that somebody stole is left to them', async t => {
  const { at, place } = house(t)
  await withRefreshLocks(place, 0, async () => {
    rmdirSync(at.refresh)
    await sleep(20)
    mkdirSync(at.refresh)
    writeFileSync(at.owner, '{"pid":1}')
  })
  t.ok(existsSync(at.refresh) && existsSync(at.owner))
  t.notOk(existsSync(at.legacy))
})

t.test('the storage lock is held for one write, and stale after 15 s', async t => {
  const { at, place } = house(t)
  const write = () => withStorageLock(place, 0, () => existsSync(at.storage))
  t.equal(await write(), true)
  t.notOk(existsSync(at.storage))
  mkdirSync(at.storage)
  await t.rejects(write(), { code: 'lock-busy' })
  age(at.storage, 14)
  await t.rejects(write(), { code: 'lock-busy' })
  age(at.storage, 16)
  t.equal(await write(), true)
})

t.test('whoever ends in the middle, by whatever, leaves the locks to its own next run', async t => {
  for (const signal of ['SIGTERM', 'SIGUSR2', 'SIGKILL'] as const) {
    const { at, taken, process_ } = house(t)
    const child = process_('mine', 'hold')
    await once(child.stdout, 'data')
    child.kill(signal)
    await once(child, 'exit')
    t.ok(existsSync(at.refresh) && existsSync(at.legacy), signal)
    t.equal(await taken('other'), 'lock-busy', signal)
    t.equal(await taken('mine'), 'taken', signal)
  }
})

/** What the owner file tells of a process. */
function ownerOf({ bootId: _, ...facts }: ReturnType<typeof lockPlace>['process']) {
  return facts
}
