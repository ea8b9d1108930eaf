// Our note of the locks that we make: after a crash it tells ours from another's.

import {
  linkSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type ProcessFacts, processFacts } from '../../src/login/lock-owner.js'
import {
  forgetLock,
  forgetLocks,
  notedLocks,
  noteLock,
  othersAtWork,
  wasOurLock,
} from '../../src/login/lock-record.js'

const path = '/home/a/.claude.lock'
const atMs = 1_800_000_000_000
const self = processFacts(process.pid)

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
  forgetLock(state, path, self)
  t.notOk(wasOurLock(state, path, 7, self))
  t.ok(wasOurLock(state, '/other.lock', 5, self))
  forgetLocks(state, self)
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
    forgetLock(state, path, self)
  }
})

t.test('the last lock that is forgotten takes the note with it', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5, by: self })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 7, by: self })
  forgetLock(state, '/other.lock', self)
  t.same(readdirSync(state), ['locks.jsonl'])
  forgetLock(state, path, self)
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
    t.equal(othersAtWork(state, self), !isOurs, name)
    // What another noted is not forgotten with ours.
    noteLock(state, { path, atMs: Date.now(), birthtimeMs: 6, by: self })
    forgetLocks(state, self)
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
  noteLock(state, { path, atMs: Date.now() - 3_600_000, birthtimeMs: 5, by })
  t.notOk(othersAtWork(state, self))
  forgetLocks(state, self)
  t.same(readdirSync(state), [])
})
