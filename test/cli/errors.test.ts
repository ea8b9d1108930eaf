// A program that reads `--json` of an admin's command gets one object, whatever keeps the command from its work.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from '../kit/run.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

const cases: [string[], number, RegExp][] = [
  [['base', 'update', '--json'], 2, /--from is missing/],
  [['base', 'update', '--from', '/nowhere', '--json'], 2, /base\.folder/],
  [['fleet', '--from', 'vault', '--json'], 2, /vault\.address/],
  [['fleet', '--only', 'fine', '--json'], 2, /--only takes/],
  [['offboard', 'no such name', '--json'], 2, /name/],
  [['roster', 'plan', '--json'], 2, /no rosterFrom/],
  [['roster', 'check', '--json'], 2, /FILE is missing/],
  [['roster', 'check', 'pipe', '--json'], 2, /pipe/],
]

for (const [words, code, message] of cases)
  t.test(`claude-auth ${words.join(' ')}`, async t => {
    const home = t.testdir({ '.claude': {} })
    execFileSync('mkfifo', [join(home, 'pipe')])
    const env = { HOME: home, PATH: process.env['PATH'] ?? '' }
    const end = await run('sh', [program, ...words], { cwd: home, env })
    t.equal(end.code, code, end.stderr)
    t.match(JSON.parse(end.stdout), { schemaVersion: 1, verdict: 'broken', error: { message } })
    t.match(end.stderr, message, 'and a person reads the same')
  })
