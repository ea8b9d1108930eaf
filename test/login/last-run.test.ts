// The last runs: kept step by step, and what needed care.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type LastRun, readLastRuns, writeLastRun } from '../../src/login/last-run.js'
import { makeTrouble } from '../../src/system/trouble.js'

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
