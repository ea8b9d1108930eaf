// `claude-auth log`: the journal in plain words, or as it is.

import { appendFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type LogIo, log } from '../../src/cli/log.js'
import { type LastRun, lastRunFile, writeLastRun } from '../../src/login/journal.js'
import { AuthError } from '../../src/system/trouble.js'
import { inkFor, plainInk } from '../../src/text/terminal.js'
import { until as waitFor } from '../kit/terminal.js'

process.env['TZ'] = 'UTC'

const nowMs = Date.parse('2026-12-12T12:00:00Z')
const at = (time: string) => `2026-12-${time}:00.000Z`
const base = { host: 'box1', actor: 'launch', because: '' }
const entries = [
  { ...base, at: at('01T08:00'), did: 'signed-in', actor: 'command', after: '00000001' },
  { ...base, at: at('10T09:00'), did: 'take-custody', because: 'changed', before: '00000001' },
  {
    ...base,
    at: at('11T09:00'),
    did: 'renew',
    because: 'half-life',
    actor: 'timer',
    before: '00000001',
    after: '00000002',
  },
  {
    ...base,
    at: at('11T09:01'),
    did: 'back-up',
    because: 'store-behind',
    actor: 'timer',
    after: '00000002',
  },
  { ...base, at: at('12T09:00'), did: 'observe', because: 'restore:blank', actor: 'hook' },
  {
    ...base,
    at: at('12T10:00'),
    did: 'sign-in',
    because: 'grant-refused',
    detail: 'evil \u001b[2Jtext',
  },
  { ...base, at: at('12T10:01'), did: 'alert', because: 'sent', detail: 'sign-in-needed' },
  {
    ...base,
    at: at('12T10:02'),
    did: 'alert',
    because: 'failed',
    detail: 'sign-in-over; slack: no',
  },
  { ...base, at: at('12T10:03'), did: 'renew', because: 'refused', before: '00000002' },
  { ...base, at: at('12T10:04'), did: 'sign-in-over', because: 'grant-refused' },
  {
    ...base,
    at: at('12T11:00'),
    did: 'word-of-tomorrow',
    because: 'reason-of-tomorrow',
    actor: 'moon',
  },
]
const text = entries.map(entry => `${JSON.stringify(entry)}\n`).join('')

async function run(folder: string, args: string[], more: Partial<LogIo> = {}) {
  let stdout = ''
  let stderr = ''
  const code = await log(args, {
    stdout: piece => {
      stdout += piece
    },
    stderr: piece => {
      stderr += piece
    },
    nowMs,
    paths: { journal: join(folder, 'journal.jsonl'), state: folder },
    ink: plainInk,
    width: null,
    ...more,
  })
  return { code, stdout, stderr }
}

t.test('for people: newest last, in plain sentences', async t => {
  const { code, stdout, stderr } = await run(t.testdir({ 'journal.jsonl': text }), [])
  t.equal(code, 0)
  t.equal(stderr, '')
  t.equal(
    stdout,
    `2026-12-01 08:00:00  signed in (by a command on box1) [none -> 00000001]
2026-12-10 09:00:00  moved the refresh token from the login file to the sealed store (by a launch on box1) [00000001 -> none]
2026-12-11 09:00:00  renewed the login: half of its time was over (by the timer on box1) [00000001 -> 00000002]
2026-12-11 09:01:00  stored a copy of the login: the store did not have it yet (by the timer on box1) [none -> 00000002]
2026-12-12 09:00:00  only observed; it would put the stored login back: the login was emptied (by a running session on box1)
2026-12-12 10:00:00  a sign-in is needed: the server no longer accepts the sign-in; evil text (by a launch on box1)
2026-12-12 10:01:00  sent a message: sign-in-needed (by a launch on box1)
2026-12-12 10:02:00  could not send a message: sign-in-over; slack: no (by a launch on box1)
2026-12-12 10:03:00  could not renew the login: the server refused the login (by a launch on box1) [00000002 -> none]
2026-12-12 10:04:00  the sign-in is no longer needed (before: the server no longer accepts the sign-in) (by a launch on box1)
2026-12-12 11:00:00  word-of-tomorrow: reason-of-tomorrow (by moon on box1)
`,
  )
  t.notMatch(stdout, /\p{Cc}(?<!\n)/u)
})

t.test('each reason that only the journal knows is told in words', async t => {
  const cases: [did: string, because: string, words: string][] = [
    ['adopt', 'first-seen', 'found a login in the file for the first time'],
    ['adopt', 'changed', 'found a newer login in the file'],
    [
      'take-custody',
      'store-behind',
      'moved the refresh token from the login file to the sealed store',
    ],
    ['sign-out', 'signed-out', 'signed out'],
    ['sign-out', 'elsewhere', 'signed out: on another host'],
    ['sign-out', 'vanished', 'signed out: the login file is gone, and the client knows no account'],
    ['sign-out', 'revoked', 'signed out: the server was asked to revoke it'],
    ['signed-in', 'after-sign-out', 'signed in: after a sign-out'],
    ['record-token', 'forced', 'stored a new long-lived token'],
    ['renew', 'maybe-spent', 'could not renew the login: the answer of the login server was lost'],
    ['renew', 'not-renewed', 'could not renew the login: the client did not renew it'],
    ['recover', 'killed', 'finished what an interrupted run had begun'],
  ]
  for (const [did, because, words] of cases) {
    const entry = { at: '2026-12-12T09:00:00Z', host: 'box1', actor: 'launch', did, because }
    const { stdout } = await run(t.testdir({ 'journal.jsonl': `${JSON.stringify(entry)}\n` }), [])
    t.equal(stdout, `2026-12-12 09:00:00  ${words} (by a launch on box1)\n`)
  }
})

t.test('--json prints the lines as they are, without torn ones', async t => {
  const folder = t.testdir({ 'journal.jsonl': `${text}{"torn` })
  t.equal((await run(folder, ['--json'])).stdout, text)
})

t.test('--since and -n choose the newest', async t => {
  const folder = t.testdir({ 'journal.jsonl': text })
  const count = async (...args: string[]) =>
    (await run(folder, [...args, '--json'])).stdout.split('\n').length - 1
  t.equal(await count('--since', '1d'), 7)
  t.equal(await count('--since', '2026-12-11'), 9)
  t.equal(await count('--since', '2026-12-12T10:00:30Z'), 5)
  t.equal(await count('-n', '3'), 3)
  t.equal(await count('-n', '300'), 11)
  t.equal(await count('--since', '1d', '-n', '1'), 1)
})

t.test('no journal is no trouble', async t => {
  const folder = t.testdir()
  t.same(await run(folder, ['--json']), { code: 0, stdout: '', stderr: '' })
  t.match(await run(folder, []), { code: 0, stdout: /^Nothing is recorded/ })
})

t.test('a journal that cannot be read is said, with exit code 1', async t => {
  const { code, stderr } = await run(t.testdir({ 'journal.jsonl': {} }), ['--json'])
  t.equal(code, 1)
  t.match(stderr, /^claude-auth: the journal .* cannot be read \([A-Z]+\)\nclaude-auth: hint: /)
})

t.test('color only on a terminal, and never with NO_COLOR', async t => {
  const folder = t.testdir({ 'journal.jsonl': text })
  const shown = async (env: Record<string, string>, isTerminal: boolean) =>
    (await run(folder, ['-n', '1'], { ink: await inkFor(env, isTerminal) })).stdout
  t.match(await shown({}, true), /^\p{Cc}\[2m2026/u)
  t.match(await shown({}, false), /^2026/)
  t.match(await shown({ NO_COLOR: '1' }, true), /^2026/)
  t.match(await shown({ TERM: 'dumb' }, true), /^2026/)
})

t.test('a terminal gets lines of its width', async t => {
  const { stdout } = await run(t.testdir({ 'journal.jsonl': text }), [], { width: 60 })
  for (const line of stdout.split('\n')) t.ok(line.length <= 60, line)
  t.equal(
    stdout.replace(/\n {21}/g, ' '),
    (await run(t.testdir({ 'journal.jsonl': text }), [])).stdout,
  )
})

t.test('--follow shows each new line once, across a rotation too', async t => {
  const folder = t.testdir({ 'journal.jsonl': text })
  const journal = join(folder, 'journal.jsonl')
  const line = (n: number) =>
    `${JSON.stringify({ ...base, at: at('12T12:00'), did: `deed-${n}` })}\n`
  let shown = ''
  let end = () => {}
  const until = new Promise<void>(resolve => {
    end = resolve
  })
  const stdout = (piece: string) => {
    shown += piece
  }
  const running = run(folder, ['--follow', '--json', '-n', '1'], { stdout, until })
  const seen = (n: number) => waitFor(() => shown.includes(`deed-${n}`))
  appendFileSync(journal, line(1))
  await seen(1)
  renameSync(journal, join(folder, 'journal.1.jsonl'))
  writeFileSync(journal, line(2))
  await seen(2)
  appendFileSync(journal, line(3))
  await seen(3)
  end()
  t.equal((await running).code, 0)
  t.equal(shown, `${JSON.stringify(entries.at(-1))}\n${line(1)}${line(2)}${line(3)}`)
})

t.test('--last tells the last launch step by step, with times', async t => {
  const folder = t.testdir()
  t.match((await run(folder, ['--last'])).stdout, /^No launch has had to check/)
  const launch: LastRun = {
    at: at('12T09:14'),
    host: 'box1',
    actor: 'launch',
    verdict: 'ok',
    because: 'fresh',
    tookMs: 420,
    toldAfterMs: 330,
    steps: [
      { do: 'read-store', because: 'before-renewal', afterMs: 4, ms: 12, done: true },
      { do: 'renew', because: 'expired', afterMs: 20, ms: 310, done: true },
      { do: 'verify', because: 'changed', afterMs: 340, ms: 70, done: false },
    ],
    said: ['claude-auth: evil \u001b[2Jtext'],
    trouble: null,
  }
  const file = join(folder, lastRunFile)
  writeLastRun(file, { ...launch, actor: 'timer' }, 'n')
  t.match((await run(folder, ['--last'])).stdout, /^No launch has .* The last other run: 2026/)
  writeLastRun(file, launch, 'n')
  writeLastRun(file, { ...launch, actor: 'timer', because: 'no-answer' }, 'n')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(
    (await run(folder, ['--last'])).stdout,
    `The last launch that had to check the login: 2026-12-12 09:14:00 on box1
   0.00 s  look at the stored copy: a renewal was due (12 ms)
   0.02 s  renew the login: its time was over (310 ms)
   0.33 s  Claude could start
   0.34 s  check the login with the server: it had changed; not done (70 ms)
Result: ok (the login is good), after 0.42 s.
Output:
  claude-auth: evil text
A launch that finds the login good starts at once and records nothing.
`,
  )
  t.same(JSON.parse((await run(folder, ['--last', '--json'])).stdout), {
    schemaVersion: 1,
    run: launch,
  })
  for (const broken of ['', '{', '{"format":1,"launch":{"at":1}}', '[]']) {
    writeFileSync(file, broken)
    t.match((await run(folder, ['--last'])).stdout, /^No launch has had to check/)
  }
})

t.test('what it does not understand is a usage error', async t => {
  const wrong = [
    ['--what'],
    ['extra'],
    ['--since', 'soon'],
    ['--since'],
    ['--since', '--json'],
    ['-n', '0'],
    ['-n', 'x'],
    ['--json=yes'],
    ['--last', '--follow'],
  ]
  for (const args of wrong) {
    const error = await run(t.testdir(), args).catch((caught: unknown) => caught)
    t.ok(error instanceof AuthError && error.code === 'usage', args.join(' '))
    t.equal((error as AuthError).exitCode, 2)
  }
})
