// `claude-auth log`: the journal in plain words, or as it is.

import { join } from 'node:path'
import t from 'tap'
import { type LogIo, log } from '../../src/commands/log.js'
import { AuthError } from '../../src/host/error.js'

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
    env: {},
    nowMs,
    paths: { journal: join(folder, 'journal.jsonl') },
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
2026-12-10 09:00:00  took the renewal key out of the login file: it had changed (by a launch on box1) [00000001 -> none]
2026-12-11 09:00:00  renewed the login: half of its time was over (by the timer on box1) [00000001 -> 00000002]
2026-12-11 09:01:00  stored a copy of the login: the stored copy was older (by the timer on box1) [none -> 00000002]
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

t.test('colour only on a terminal, and never with NO_COLOR', async t => {
  const folder = t.testdir({ 'journal.jsonl': text })
  t.match((await run(folder, [], { terminal: true })).stdout, /^\p{Cc}\[2m2026/u)
  t.match((await run(folder, [], { terminal: true, env: { NO_COLOR: '1' } })).stdout, /^2026/)
  t.match((await run(folder, [], { terminal: true, env: { TERM: 'dumb' } })).stdout, /^2026/)
})

t.test('--help has an example', async t => {
  t.match((await run(t.testdir(), ['--help'])).stdout, /Example: claude-auth log/)
})

t.test('what it does not understand is a usage error', async t => {
  const wrong = [['--what'], ['extra'], ['--since', 'soon'], ['--since'], ['-n', '0'], ['-n', 'x']]
  for (const args of wrong) {
    const error = await run(t.testdir(), args).catch((caught: unknown) => caught)
    t.ok(error instanceof AuthError && error.code === 'usage', args.join(' '))
    t.equal((error as AuthError).exitCode, 2)
  }
})
