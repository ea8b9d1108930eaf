// The journal and the last run, written and read back.

import * as fs from 'node:fs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  appendJournal,
  type JournalEntry,
  type LastRun,
  olderJournal,
  readJournal,
  readLastRuns,
  writeLastRun,
} from '../../src/login/journal.js'
import { makeTrouble } from '../../src/system/trouble.js'

const entry: JournalEntry = {
  at: '2026-12-12T09:14:03.000Z',
  host: 'box1',
  actor: 'timer',
  did: 'renew',
  because: 'half-life',
  before: '0123abcd',
  after: '89abcdef',
}

t.test('a line is appended and read back, in a file of 0600', async t => {
  const path = join(t.testdir(), 'journal.jsonl')
  t.equal(appendJournal(path, entry), 'written')
  t.equal(
    appendJournal(path, { ...entry, did: 'back-up', detail: 'to the local store' }),
    'written',
  )
  t.equal(fs.statSync(path).mode & 0o777, 0o600)
  const { lines, unreadable } = readJournal(path)
  t.equal(unreadable, null)
  t.same(lines[0]?.entry, entry)
  t.same(
    lines.map(line => line.entry.did),
    ['renew', 'back-up'],
  )
})

t.test('a journal that others could read is closed to them', async t => {
  const path = join(t.testdir({ 'journal.jsonl': '' }), 'journal.jsonl')
  fs.chmodSync(path, 0o644)
  t.equal(appendJournal(path, entry), 'written')
  t.equal(fs.statSync(path).mode & 0o777, 0o600)
})

t.test('a line is never longer than 4 KiB, whatever comes in', async t => {
  const path = join(t.testdir(), 'journal.jsonl')
  for (const piece of ['x', '"', '\\', '😀', 'é\u0301', '\u001b[31m']) {
    const text = piece.repeat(20_000)
    appendJournal(path, { ...entry, host: text, because: text, detail: text, at: text })
  }
  const lines = fs.readFileSync(path, 'utf8').trimEnd().split('\n')
  t.equal(lines.length, 6)
  for (const line of lines) t.ok(Buffer.byteLength(line) < 4_096)
})

t.test('what is no fingerprint is not written', async t => {
  const path = join(t.testdir(), 'journal.jsonl')
  appendJournal(path, { ...entry, before: 'sk-ant-ort01-secret', after: '0123ABCD' })
  t.notMatch(fs.readFileSync(path, 'utf8'), /sk-ant|before|after/)
})

t.test('a torn last line is closed, left out at reading, and costs no other line', async t => {
  const path = join(t.testdir(), 'journal.jsonl')
  appendJournal(path, entry)
  fs.appendFileSync(path, '{"at":"2026-12-12T09:15')
  t.equal(readJournal(path).lines.length, 1)
  appendJournal(path, entry)
  fs.appendFileSync(
    path,
    'null\n7\n[]\n{}\n{"at":"never","host":"a","actor":"b","did":"c","because":"d"}\n',
  )
  t.equal(readJournal(path).lines.length, 2)
})

t.test('nothing but a plain file is written to or read, and nothing is thrown', async t => {
  const folder = t.testdir({ target: 'kept', folder: {} })
  const cases: Record<string, () => void> = {
    symlink: () => fs.symlinkSync('target', join(folder, 'journal.jsonl')),
    folder: () => fs.mkdirSync(join(folder, 'journal.jsonl')),
  }
  for (const [name, make] of Object.entries(cases)) {
    make()
    const path = join(folder, 'journal.jsonl')
    t.equal(appendJournal(path, entry), 'failed', name)
    const journal = readJournal(path)
    t.same(journal.lines, [], name)
    t.type(journal.unreadable, 'string', name)
    fs.rmSync(path, { recursive: true })
  }
  t.equal(fs.readFileSync(join(folder, 'target'), 'utf8'), 'kept')
  t.equal(appendJournal(join(folder, 'none', 'journal.jsonl'), entry), 'failed')
  t.same(readJournal(join(folder, 'none', 'journal.jsonl')), { lines: [], unreadable: null })
})

t.test('at 1 MiB the journal is rotated, one older file is kept, and both are read', async t => {
  const path = join(t.testdir(), 'journal.jsonl')
  const line = `${JSON.stringify({ ...entry, detail: 'x'.repeat(500) })}\n`
  const full = line.repeat(Math.floor(1_048_576 / line.length))
  fs.writeFileSync(olderJournal(path), 'older still\n')
  fs.writeFileSync(path, full)
  t.equal(appendJournal(path, { ...entry, detail: 'x'.repeat(500) }), 'written')
  t.equal(fs.readFileSync(olderJournal(path), 'utf8'), full)
  t.equal(readJournal(path).lines.length, full.length / line.length + 1)
  t.ok(fs.statSync(path).size < 1_000)
  t.equal(fs.statSync(path).mode & 0o777, 0o600)
})

const run: LastRun = {
  at: '2026-12-12T09:14:00Z',
  host: 'box1',
  actor: 'launch',
  verdict: 'attention',
  because: 'fresh',
  tookMs: 420,
  toldAfterMs: null,
  steps: [{ do: 'renew', because: 'expired', afterMs: 20, ms: 310, done: true }],
  said: ['claude-auth: x'],
  trouble: makeTrouble('the key is missing', { place: '/key', command: 'ls -l /key' }),
}

t.test('what is written is read', async t => {
  const path = join(t.testdir(), 'last.json')
  const other: LastRun = { ...run, actor: 'timer', trouble: null }
  writeLastRun(path, run, 'n')
  writeLastRun(path, other, 'n')
  t.same(readLastRuns(path), { launch: run, other })
})

t.test('a trouble that an earlier version kept as a text is read as a value', async t => {
  const path = join(t.testdir(), 'last.json')
  const trouble = 'the key is missing (/key); type: ls -l /key'
  writeFileSync(path, JSON.stringify({ format: 1, launch: { ...run, trouble } }))
  t.same(
    readLastRuns(path).launch?.trouble,
    makeTrouble('the key is missing (/key)', { command: 'ls -l /key' }),
  )
})
