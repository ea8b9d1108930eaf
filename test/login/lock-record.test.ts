// Our note of the locks that we make: after a crash it tells ours from another's.

import { writeFileSync } from 'node:fs'
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
  noteLock(state, { path, atMs, birthtimeMs: atMs + 3.25 }, 'n')
  t.ok(wasOurLock(state, path, atMs + 3.25))
  t.notOk(wasOurLock(state, path, atMs + 3.5))
  t.notOk(wasOurLock(state, '/other.lock', atMs + 3.25))
})

t.test('a lock whose making was only begun is ours if it was born right then', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: null }, 'n')
  t.ok(wasOurLock(state, path, atMs))
  t.ok(wasOurLock(state, path, atMs + 100))
  t.notOk(wasOurLock(state, path, atMs - 1_000))
  t.notOk(wasOurLock(state, path, atMs + 5_000))
})

t.test('each lock is noted once, and forgotten alone or with all', async t => {
  const state = t.testdir()
  noteLock(state, { path, atMs, birthtimeMs: null }, 'a')
  noteLock(state, { path: '/other.lock', atMs, birthtimeMs: 5 }, 'b')
  noteLock(state, { path, atMs, birthtimeMs: 7 }, 'c')
  t.same(
    notedLocks(state).map(note => note.birthtimeMs),
    [5, 7],
  )
  forgetLock(state, path, 'd')
  t.notOk(wasOurLock(state, path, 7))
  t.ok(wasOurLock(state, '/other.lock', 5))
  forgetLocks(state)
  t.same(notedLocks(state), [])
})

t.test('a damaged note claims nothing', async t => {
  const state = t.testdir()
  for (const text of ['', '{', '{}', 'null', '7']) {
    writeFileSync(join(state, 'locks.json'), text)
    t.notOk(wasOurLock(state, path, atMs), text)
  }
})
