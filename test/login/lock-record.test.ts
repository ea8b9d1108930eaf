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
import {
  forgetLock,
  forgetLocks,
  notedLocks,
  noteLock,
  wasOurLock,
} from '../../src/login/lock-record.js'

const path = '/home/a/.claude.lock'
const atMs = 1_800_000_000_000

t.test('a confirmed lock is ours by its birth, to the microsecond', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: atMs + 3.25 })
  t.ok(wasOurLock(state, path, atMs + 3.25))
  t.notOk(wasOurLock(state, path, atMs + 3.5))
  t.notOk(wasOurLock(state, '/other.lock', atMs + 3.25))
})

t.test('a lock whose making was only begun is ours if it was born right then', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: null })
  t.ok(wasOurLock(state, path, atMs))
  t.ok(wasOurLock(state, path, atMs + 100))
  t.notOk(wasOurLock(state, path, atMs - 1_000))
  t.notOk(wasOurLock(state, path, atMs + 5_000))
})

t.test('each lock is noted once, and forgotten alone or with all', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: null })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 5 })
  noteLock(state, { path, atMs, birthtimeMs: 7 })
  t.same(
    notedLocks(state)
      .map(note => note.birthtimeMs)
      .sort(),
    [5, 7],
  )
  forgetLock(state, path)
  t.notOk(wasOurLock(state, path, 7))
  t.ok(wasOurLock(state, '/other.lock', 5))
  forgetLocks(state)
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
    t.notOk(wasOurLock(state, path, atMs), text)
  }
})

t.test('a line that a crash tore off hides none before and none after it', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5 })
  writeFileSync(join(state, 'locks.jsonl'), '{"path":"/oth', { flag: 'a' })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 7 })
  t.ok(wasOurLock(state, path, 5))
  t.ok(wasOurLock(state, '/other.lock', 7))
})

t.test('nothing is written through a link, or to a file with another name', async t => {
  const state = t.testdir()
  const other = join(state, 'other')
  writeFileSync(other, 'mine\n')
  for (const plant of [symlinkSync, linkSync]) {
    plant(other, join(state, 'locks.jsonl'))
    noteLock(state, { path, atMs, birthtimeMs: 5 })
    t.equal(readFileSync(other, 'utf8'), 'mine\n')
    noteLock(state, { path, atMs, birthtimeMs: 5 })
    t.ok(wasOurLock(state, path, 5), 'its place is taken back')
    forgetLock(state, path)
  }
})

t.test('the last lock that is forgotten takes the note with it', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5 })
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 7 })
  forgetLock(state, '/other.lock')
  t.same(readdirSync(state), ['locks.jsonl'])
  forgetLock(state, path)
  t.same(readdirSync(state), [])
})

t.test('a record that is too long for ours counts as none', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: 5 })
  truncateSync(join(state, 'locks.jsonl'), 2 ** 30)
  t.same(notedLocks(state), [])
})
