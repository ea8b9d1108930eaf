// The lines before Claude starts: calm, few, narrow, and none when all is well.

import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  earlyWarningLine,
  launchLines,
  type Note,
  noteLine,
  type ReportFacts,
} from '../../src/engine/launch-words.js'
import { signInReasons } from '../../src/policy/outcome.js'
import { makeTrouble } from '../../src/system/trouble.js'
import { columnsOf } from '../../src/text/clean.js'

process.env['TZ'] = 'UTC'

const hourMs = 3_600_000
const nowMs = Date.parse('2026-12-12T12:14:00Z')

const ok: ReportFacts = {
  verdict: 'ok',
  because: 'fresh',
  sinceMs: null,
  nowMs,
  expected: { email: 'alice@example.com', organization: 'Example Corp' },
  actual: { email: 'alice@example.com', organization: 'Example Corp' },
  user: 'alice',
  host: 'box1',
  runbook: null,
  loginEndsAtMs: nowMs + 500 * hourMs,
  expiresAtMs: nowMs + 4 * hourMs,
}

const long: Partial<ReportFacts> = {
  expected: { email: `${'alice'.repeat(40)}@example.com`, organization: 'Wide 李'.repeat(60) },
  actual: { email: `${'bob'.repeat(70)}@example.com`, organization: 'Other 李'.repeat(60) },
  host: 'h'.repeat(300),
  user: 'u'.repeat(300),
  trouble: makeTrouble('the disk that holds the login is full '.repeat(20)),
  launchStopped: true,
}

const notes: Note[] = [
  { say: 'other-credential', winner: 'ANTHROPIC_API_KEY from the environment' },
  { say: 'other-credential', winner: 'x'.repeat(500) },
  { say: 'other-credential', winner: 'CLAUDE_CODE_OAUTH_TOKEN from the environment' },
  {
    say: 'other-credential',
    winner: `apiKeyHelper in /home/${'a'.repeat(99)}/.claude/settings.json`,
  },
  {
    say: 'other-credential',
    winner: `CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD in ${'/b'.repeat(99)}/settings.json`,
  },
  {
    say: 'other-credential',
    winner: `primaryApiKey in /home/${'a'.repeat(99)}/.claude.json`,
    isBilled: true,
  },
  { say: 'shared-token' },
  { say: 'clock-off', offMs: 2 * hourMs },
  { say: 'clock-off', offMs: -47 * hourMs },
  { say: 'observe', would: { do: 'renew', because: 'expired' } },
  { say: 'observe', would: { do: 'restore', because: 'unreadable' } },
  { say: 'observe', would: { do: 'back-up', because: 'pending' } },
  { say: 'login-ends', endsAtMs: nowMs + 72 * hourMs },
  { say: 'login-ends', endsAtMs: nowMs + 9_000 * hourMs },
  { say: 'own-trouble', trouble: makeTrouble('Vault does not answer') },
  { say: 'attention', trouble: makeTrouble('y'.repeat(500)) },
]

t.test('all is well: not a word', async t => {
  t.same(launchLines(ok), [])
  t.same(launchLines({ ...ok, because: 'other-credential' }), [])
})

t.test(
  'a needed sign-in says what happened, since when, what to type and where to read on',
  async t => {
    const facts: ReportFacts = { ...ok, verdict: 'sign-in', sinceMs: nowMs - 3 * hourMs }
    const steps = (because: string) => [
      'claude-auth: Type: claude-auth login   (works over SSH)',
      'claude-auth: Sign in with the e-mail alice@example.com',
      `claude-auth: More: docs/runbook.md#${because}`,
    ]
    const happened: Record<(typeof signInReasons)[number], string[]> = {
      'never-signed-in': ['claude-auth: You have not signed in to Claude here yet.'],
      'signed-out': [
        'claude-auth: You signed out on 12 Dec at 09:14 (3 h ago).',
        'claude-auth: You stay signed out until you sign in again.',
      ],
      'login-lost': [
        'claude-auth: Your login was lost on 12 Dec at 09:14 (3 h ago).',
        'claude-auth: There is no copy that could be put back.',
      ],
      'grant-refused': [
        'claude-auth: Your sign-in stopped working on 12 Dec at 09:14 (3 h ago).',
        'claude-auth: The server no longer accepts it; only a new sign-in helps.',
      ],
      'login-ended': ['claude-auth: Your sign-in ended on 12 Dec at 09:14 (3 h ago).'],
      'wrong-identity': [
        'claude-auth: This is the login of bob@example.com.',
        'claude-auth: Expected here: alice@example.com.',
      ],
    }
    const bob = { email: 'bob@example.com', organization: 'Example Corp' }
    for (const because of signInReasons) {
      const actual = because === 'wrong-identity' ? bob : ok.actual
      const lines = launchLines({ ...facts, because, actual })
      t.same(lines, [...happened[because], ...steps(because)], because)
    }
  },
)

t.test('a login file of no use is told as that, in one line', async t => {
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'login-lost' }
  const second = (unreadable: string) => launchLines({ ...facts, unreadable })[1]
  const start = 'claude-auth: No copy, and the login file is no use: '
  for (const what of ['it is empty', 'it belongs to uid 12345', 'claudeAiOauth is no object'])
    t.equal(second(what), `${start}${what}.`)
  t.match(second('x'.repeat(60)), /is of no use\.$/)
})

t.test('a short e-mail stands in the first line too', async t => {
  const expected = { email: 'al@ex.com', organization: null }
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'login-ended', expected }
  const [first] = launchLines({ ...facts, loginEndsAtMs: nowMs - 3 * hourMs })
  t.equal(first, 'claude-auth: Your sign-in for al@ex.com ended on 12 Dec at 09:14 (3 h ago).')
})

t.test('the same e-mail in another organization is told by the organizations', async t => {
  const actual = { email: 'Alice@example.com', organization: 'Private' }
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'wrong-identity', actual }
  t.same(launchLines(facts).slice(0, 2), [
    'claude-auth: This is the login of organization Private.',
    'claude-auth: Expected here: organization Example Corp.',
  ])
})

t.test('the same e-mail in an organization without a name is not told by the e-mail', async t => {
  const actual = { email: 'Alice@example.com', organization: null }
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'wrong-identity', actual }
  t.same(launchLines(facts).slice(0, 2), [
    'claude-auth: This is another organization with the same e-mail.',
    'claude-auth: It is not the one that is expected here.',
  ])
})

t.test('the same e-mail of another account is told as that', async t => {
  const actual = { email: 'Alice@example.com', organization: 'Example Corp' }
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'wrong-identity', actual }
  t.same(launchLines({ ...facts, otherAccount: true, sinceMs: nowMs - 3 * hourMs }).slice(0, 2), [
    'claude-auth: This is another account with the same e-mail.',
    'claude-auth: It is not the one that is expected here.',
  ])
})

t.test("the site's runbook is named, an address into a page stays as it is", async t => {
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'login-lost' }
  const last = (runbook: string) => launchLines({ ...facts, runbook }).at(-1)
  t.equal(last('https://wiki/claude'), 'claude-auth: More: https://wiki/claude#login-lost')
  t.equal(last('https://wiki/#/claude'), 'claude-auth: More: https://wiki/#/claude')
})

t.test(
  'at most six lines of at most 80 columns, for every reason and with the longest names',
  async t => {
    const verdicts: Partial<ReportFacts>[] = [
      ...signInReasons.map(because => ({ verdict: 'sign-in' as const, because })),
      { verdict: 'no-answer', because: 'no-answer' },
      { verdict: 'attention', because: 'store-behind' },
      { verdict: 'broken', because: 'own-trouble' },
      { verdict: 'ok', because: 'own-trouble' },
    ]
    for (const verdict of verdicts) {
      for (const sinceMs of [null, nowMs - 400 * 24 * hourMs, nowMs + hourMs]) {
        for (const extra of [{}, long]) {
          const lines = launchLines({ ...ok, ...extra, ...verdict, sinceMs, notes })
          t.ok(lines.length >= 1 && lines.length <= 6)
          for (const line of lines) {
            t.ok(line.startsWith('claude-auth: ') && columnsOf(line) <= 80, line)
          }
        }
      }
    }
  },
)

t.test('the last line of a stopped launch still says where to read on', async t => {
  const facts: ReportFacts = { ...ok, verdict: 'sign-in', because: 'wrong-identity' }
  const lines = launchLines({ ...facts, ...long, notes })
  t.equal(lines.length, 6)
  t.equal(lines[2], 'claude-auth: Claude was not started.')
  t.equal(lines[5], 'claude-auth: More: docs/runbook.md#wrong-identity')
})

t.test('trouble that is not the person’s is one line', async t => {
  const lines = (facts: Partial<ReportFacts>) => launchLines({ ...ok, ...facts })
  const silent = { verdict: 'no-answer', because: 'no-answer' } as const
  t.same(lines(silent), ['claude-auth: No answer from the server. Type: claude-auth ensure'])
  t.same(lines({ ...silent, sinceMs: nowMs - 3 * hourMs }), [
    'claude-auth: No answer from the server for 3 h. Type: claude-auth ensure',
  ])
  t.same(lines({ ...silent, sinceMs: nowMs - 3 * hourMs, notByClient: true }), [
    'claude-auth: The client did not renew the login. Type: claude-auth ensure',
  ])
  t.same(lines({ because: 'own-trouble', trouble: makeTrouble('the disk is full.') }), [
    'claude-auth: The disk is full; Claude starts. See: claude-auth ensure',
  ])
  t.same(
    lines({
      verdict: 'attention',
      because: 'store-behind',
      trouble: makeTrouble('the key is old'),
    }),
    ['claude-auth: The key is old. See: claude-auth ensure'],
  )
})

t.test('notes are one line each', async t => {
  t.equal(
    notes.map(note => noteLine(note, nowMs)).join('\n'),
    `claude-auth: ANTHROPIC_API_KEY from the environment is used, not your login.
claude-auth: xxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxx is used, not your login.
claude-auth: CLAUDE_CODE_OAUTH_TOKEN from the environment replaces your login.
claude-auth: apiKeyHelper in /home/aaaaaaa…ettings.json is used, not your login.
claude-auth: CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD in /b/b/b/b…gs.json is used.
claude-auth: primaryApiKey in /home/aaaaa…claude.json is used; the Console pays.
claude-auth: CLAUDE_CODE_OAUTH_TOKEN is not your own; it may be shared.
claude-auth: The clock here is 2 h ahead of the server's. Type: timedatectl
claude-auth: The clock here is 47 h behind the server's. Type: timedatectl
claude-auth: Only observing. It would renew the login: its time was over.
claude-auth: Only observing. It would put the stored login back (unreadable).
claude-auth: Only observing. It would store a copy of the login (pending).
claude-auth: This sign-in ends in 3 days, 15 Dec 12:14. Type: claude-auth login
claude-auth: This sign-in ends in 375 days. Type: claude-auth login
claude-auth: Vault does not answer; Claude starts. See: claude-auth ensure
claude-auth: Yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…. See: claude-auth ensure`,
  )
  for (const note of notes) t.ok(columnsOf(noteLine(note, nowMs)) <= 80)
})

t.test('the early warning names the end and what to type', async t => {
  const line = earlyWarningLine(Date.parse('2026-12-15T09:14:00Z'), nowMs)
  t.equal(line, 'claude-auth: This sign-in ends in 3 days, 15 Dec 09:14. Type: claude-auth login')
})

t.test('escapes in an e-mail, a host or a detail never reach the terminal', async t => {
  const evil = '\u001b[2J\u001b]0;x\u0007eve\r\n@x'
  const actual = { email: evil, organization: evil }
  const facts: ReportFacts = {
    ...ok,
    actual,
    expected: actual,
    trouble: makeTrouble(evil),
    runbook: evil,
  }
  const all = [
    ...signInReasons.flatMap(because => launchLines({ ...facts, verdict: 'sign-in', because })),
    ...launchLines({ ...facts, because: 'own-trouble' }),
    noteLine({ say: 'other-credential', winner: evil }, nowMs),
  ]
  for (const line of all) t.notMatch(line, /\p{C}/u)
})

t.test('the runbook has an entry for everything that points into it', async t => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  for (const entry of [...signInReasons, 'login-ends', 'alerts', 'no-answer', 'own-trouble']) {
    t.match(runbook, new RegExp(`^## ${entry}$`, 'm'))
  }
})
