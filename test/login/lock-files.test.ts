// The files beside the client's locks: the owner file, and our record for the run after a crash.

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  forgetLock,
  forgetLocks,
  notedLocks,
  noteLock,
  othersAtWork,
  ownerIsDead,
  ownerPath,
  readOwner,
  removeOwner,
  wasOurLock,
  writeOwner,
} from '../../src/login/lock-files.js'
import { type ProcessFacts, processFacts } from '../../src/system/processes.js'

const self = processFacts(process.pid)
const { bootId: _, ...inOwnerFile } = self
const owner = { ...inOwnerFile, lockBirthtimeMs: 1.5, legacyLockBirthtimeMs: 2.5 }

t.test('a process is named by pid, start, machine and namespace', async t => {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  t.equal(self.procStart, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  t.match(self, {
    pid: process.pid,
    procStart: /^\d+$/,
    pidDomain: /^linux:\w*:pid:\[\d+\]$/,
    pidSpace: /#pid:\[\d+\]$/,
  })
})

t.test('dead is only who provably is', async t => {
  const gone = spawnSync('true').pid
  t.notOk(ownerIsDead(owner, self), 'ourselves')
  t.ok(ownerIsDead({ ...owner, pid: gone }, self), 'a process that has ended')
  t.ok(ownerIsDead({ ...owner, procStart: '1' }, self), 'a pid that was given to another')
  t.notOk(ownerIsDead({ ...owner, pid: gone, pidDomain: 'linux:x:pid:[1]' }, self), 'elsewhere')
  t.notOk(ownerIsDead({ ...owner, pid: gone, pidSpace: 'x#pid:[1]' }, self), 'on another host')
  t.notOk(ownerIsDead({ ...owner, pid: gone }, { ...self, procStart: '' }), 'without /proc')
})

t.test('it is read as it was written, and removed only by its owner', async t => {
  const folder = t.testdir()
  writeOwner(folder, owner, 'n')
  t.same(readOwner(folder), owner)
  removeOwner(folder, { ...self, procStart: '1' })
  t.ok(existsSync(ownerPath(folder)))
  removeOwner(folder, self)
  t.equal(readOwner(folder), null)
})

t.test('what is no owner file names nobody', async t => {
  const folder = t.testdir()
  for (const text of ['', '{', 'null', '[]', '{}', '{"pid":"1"}', '{"pid":1.5}']) {
    writeFileSync(ownerPath(folder), text)
    t.equal(readOwner(folder), null, text)
  }
})

t.test('an owner file that can’t be written is no failure', async t => {
  writeOwner('/nowhere', owner, 'n')
  t.equal(readOwner('/nowhere'), null)
})

const path = '/home/a/.claude.lock'
const atMs = 1_800_000_000_000

t.test('a confirmed lock is ours by its birth, to the microsecond', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: atMs + 3.25, by: self })
  t.ok(wasOurLock(state, path, atMs + 3.25, self))
  t.notOk(wasOurLock(state, path, atMs + 3.5, self))
  t.notOk(wasOurLock(state, '/other.lock', atMs + 3.25, self))
})

t.test('a lock whose making was only begun is ours if it was born right then', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: null, by: self })
  t.ok(wasOurLock(state, path, atMs, self))
  t.ok(wasOurLock(state, path, atMs + 100, self))
  t.notOk(wasOurLock(state, path, atMs - 1_000, self))
  t.notOk(wasOurLock(state, path, atMs + 5_000, self))
})

t.test('each lock is noted once, and forgotten alone or with all', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: null, by: self })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 5, by: self })
  noteLock(state, { path, atMs, birthtimeMs: 7, by: self })
  t.same(
    notedLocks(state)
      .map(note => note.birthtimeMs)
      .sort(),
    [5, 7],
  )
  forgetLock(state, path, self, Date.now())
  t.notOk(wasOurLock(state, path, 7, self))
  t.ok(wasOurLock(state, '/other.lock', 5, self))
  forgetLocks(state, self, Date.now())
  t.same(notedLocks(state), [])
})

t.test('a damaged note claims nothing', async t => {
  const state = t.testdir()
  for (const text of [
    '',
    '{',
    '{}',
    'null',
    '7',
    '{"path":7}',
    `[{"path":"${path}","atMs":${atMs},"birthtimeMs":null}]`,
  ]) {
    writeFileSync(join(state, 'locks.jsonl'), text)
    t.notOk(wasOurLock(state, path, atMs, self), text)
  }
})

t.test('a line that a crash tore off hides none before and none after it', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5, by: self })
  writeFileSync(join(state, 'locks.jsonl'), '{"path":"/oth', { flag: 'a' })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 7, by: self })
  t.ok(wasOurLock(state, path, 5, self))
  t.ok(wasOurLock(state, '/other.lock', 7, self))
})

t.test('nothing is written through a link, or to a file with another name', async t => {
  const state = t.testdir()
  const other = join(state, 'other')
  writeFileSync(other, 'mine\n')
  for (const plant of [symlinkSync, linkSync]) {
    plant(other, join(state, 'locks.jsonl'))
    noteLock(state, { path, atMs, birthtimeMs: 5, by: self })
    t.equal(readFileSync(other, 'utf8'), 'mine\n')
    noteLock(state, { path, atMs, birthtimeMs: 5, by: self })
    t.ok(wasOurLock(state, path, 5, self), 'its place is taken back')
    forgetLock(state, path, self, Date.now())
  }
})

t.test('the last lock that is forgotten takes the note with it', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5, by: self })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 7, by: self })
  forgetLock(state, '/other.lock', self, Date.now())
  t.same(readdirSync(state), ['locks.jsonl'])
  forgetLock(state, path, self, Date.now())
  t.same(readdirSync(state), [])
})

t.test('a record that is too long for ours counts as none', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5, by: self })
  truncateSync(join(state, 'locks.jsonl'), 2 ** 30)
  t.same(notedLocks(state), [])
})

t.test('only a holder that is gone here leaves its lock to us', async t => {
  const gone = { ...self, pid: 4_194_300, procStart: '1' }
  const cases: [string, ProcessFacts, boolean][] = [
    ['a dead process of this host', gone, true],
    ['this very process', self, true],
    ['a living process of this host', processFacts(process.ppid), false],
    ['another machine', { ...gone, pidDomain: 'linux:other:pid:[1]' }, false],
    ['another container', { ...gone, pidSpace: 'elsewhere#pid:[1]' }, false],
    ['a copy of this machine, or before a restart', { ...gone, bootId: 'another' }, false],
  ]
  for (const [name, by, isOurs] of cases) {
    const state = t.testdir()
    noteLock(state, { path, atMs: Date.now(), birthtimeMs: 5, by })
    t.equal(wasOurLock(state, path, 5, self), isOurs, name)
    t.equal(othersAtWork(state, self, Date.now()), !isOurs, name)
    // What another noted is not forgotten with ours.
    noteLock(state, { path, atMs: Date.now(), birthtimeMs: 6, by: self })
    forgetLocks(state, self, Date.now())
    t.same(
      notedLocks(state).map(note => note.by),
      isOurs ? [] : [by],
      name,
    )
  }
})

t.test('what somebody elsewhere noted long ago does not stay for ever', async t => {
  const state = t.testdir()
  const by = { ...self, bootId: 'another' }
  const [atMs, anHourMs] = [1_800_000_000_000, 3_600_000]
  noteLock(state, { path, atMs, birthtimeMs: 5, by })
  t.ok(othersAtWork(state, self, atMs))
  t.notOk(othersAtWork(state, self, atMs + anHourMs))
  forgetLocks(state, self, atMs + anHourMs)
  t.same(readdirSync(state), [])
})
