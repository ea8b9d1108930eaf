// What is pending, a line for each step: read back whole, however many users it is and whatever a crash has torn.

import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  appendPending,
  type PendingUser,
  readPending,
  writePending,
} from '../../src/roster/memory.js'

const uid = process.geteuid?.() ?? 0
const entry = (why: string): PendingUser => ({
  what: 'added',
  why,
  token: { wrapping: 'hvs.w', accessor: 'a', endsAtMs: 1 },
  mintingSinceMs: null,
  sentTo: [],
})

t.test('each line changes what the lines before it say', async t => {
  const path = join(t.testdir(), 'state/pending.json')
  t.same(readPending(path, uid), {})
  writePending(path, { ada: entry('one') })
  appendPending(path, 'bob', entry('two'))
  appendPending(path, 'ada', { ...entry('one'), token: null })
  t.same(readPending(path, uid), { ada: { ...entry('one'), token: null }, bob: entry('two') })
  t.equal(statSync(path).mode & 0o777, 0o600)
  writePending(path, {})
  t.equal(readFileSync(path, 'utf8'), '{}\n')
})

t.test('a torn last line is nothing, and the next one stands by itself', async t => {
  const path = join(t.testdir(), 'state/pending.json')
  appendPending(path, 'ada', entry('one'))
  appendFileSync(path, '{"bob":{"what":"ad')
  t.same(readPending(path, uid), { ada: entry('one') })
  appendPending(path, 'carol', entry('three'))
  t.same(Object.keys(readPending(path, uid)), ['ada', 'carol'])
})

t.test('thousands are pending at once, in a file that grows with the steps only', async t => {
  const path = join(t.testdir(), 'state/pending.json')
  const count = 1_000
  for (let at = 0; at < count; at++) appendPending(path, `u${at}`, entry('They begin'))
  t.equal(Object.keys(readPending(path, uid)).length, count)
  t.ok(statSync(path).size < count * 300)
})
