// Whole screens of status, log and help at three widths, with and without color.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { commandTable } from '../../src/cli/commands.js'
import { helpFor } from '../../src/cli/help.js'
import { lastRunLines } from '../../src/cli/log-words.js'
import { logoutLines } from '../../src/cli/logout.js'
import { type StatusFacts, statusLines } from '../../src/engine/status-words.js'
import { makeTrouble } from '../../src/system/trouble.js'
import { columnsOf } from '../../src/text/clean.js'
import { type Ink, inkFor, plainInk } from '../../src/text/terminal.js'

process.env['TZ'] = 'UTC'

const nowMs = Date.parse('2026-11-23T12:00:00Z')
const hourMs = 3_600_000
const good: StatusFacts = {
  outcome: {
    schemaVersion: 1,
    verdict: 'ok',
    because: 'fresh',
    credential: 'login',
    custody: 'sole',
    identity: { email: 'alice@example.com', accountUuid: null, organizationUuid: null },
    expiresAt: nowMs + 6.2 * hourMs,
    loginEndsAt: nowMs + 19 * 24 * hourMs,
    store: { kind: 'vault', state: 'current', version: 7 },
  },
  store: { label: 'Vault', isRemote: true },
  mode: 'on',
  offBy: null,
  hasLeft: false,
  next: null,
  trouble: null,
  email: 'alice@example.com',
  organization: 'Example Org',
  isVerified: true,
  otherCredential: null,
  sinceMs: null,
  prospect: { kind: 'renewed', isDue: false },
  isRefused: false,
  isDoubted: false,
  isAcceptedSince: false,
  isToBeBackedUp: true,
  backedUpAtMs: nowMs - 8 * 60_000,
  warnBeforeMs: 7 * 24 * hourMs,
  signInCommand: 'claude-auth login',
  nowMs,
}
const change = (outcome: Partial<StatusFacts['outcome']>, more: Partial<StatusFacts> = {}) => ({
  ...good,
  ...more,
  outcome: { ...good.outcome, ...outcome },
})
const states: Record<string, StatusFacts> = {
  good,
  'ends soon': change({ loginEndsAt: nowMs + 30 * hourMs }),
  expired: change(
    { verdict: 'attention', because: 'expired', expiresAt: nowMs - 2 * hourMs },
    { next: { do: 'renew', because: 'expired' } },
  ),
  'sign in': change(
    { verdict: 'sign-in', because: 'grant-refused', expiresAt: nowMs - hourMs },
    { sinceMs: nowMs - hourMs, prospect: { kind: 'sign-in', because: 'grant-refused' } },
  ),
  'no answer': change({ verdict: 'no-answer', because: 'no-answer', expiresAt: nowMs - hourMs }),
  'vault away': change(
    { verdict: 'attention', store: { kind: 'vault', state: 'pending', version: 7 } },
    { trouble: makeTrouble('Vault at https://vault.example.com:8200 gave no answer') },
  ),
  'long names': change(
    {},
    { email: `${'a'.repeat(60)}@example.com`, organization: 'Ö'.repeat(90) },
  ),
  'other credential': change(
    { credential: 'other' },
    { otherCredential: 'ANTHROPIC_API_KEY from the environment' },
  ),
}

function screens(width: number, ink: Ink): string {
  const parts = [
    ...Object.entries(states).map(([name, facts]) => [
      `status, ${name}`,
      statusLines(facts, width, ink).join('\n'),
    ]),
    ['help', helpFor(null, { width, ink })],
    ...commandTable.map(({ name }) => [`help ${name}`, helpFor(name, { width, ink })]),
  ]
  return parts.map(([name, text]) => `# ${name}\n${text?.trimEnd()}\n`).join('\n')
}

const words = (text: string) => text.replaceAll(/\p{Cc}\[[0-9;]*m/gu, '')

t.test('screens at 60, 80 and 120 columns', async t => {
  for (const width of [60, 80, 120]) {
    const file = fileURLToPath(new URL(`screens/${width}.txt`, import.meta.url))
    const text = screens(width, plainInk)
    if (process.env['UPDATE_SCREENS']) writeFileSync(file, text)
    t.equal(
      text,
      readFileSync(file, 'utf8'),
      `${width} columns (UPDATE_SCREENS=1 writes them anew)`,
    )
    for (const line of text
      .split('\n')
      .filter(line => !/^(Example:| {9}claude-auth|# )/.test(line)))
      t.ok(columnsOf(line) <= width, line)
    const colored = screens(width, await inkFor({ LANG: 'C.UTF-8' }, true))
    t.not(colored, text)
    t.equal(words(colored), text, 'color changes no word')
    t.equal(screens(width, await inkFor({ LANG: 'C.UTF-8', NO_COLOR: '1' }, true)), text)
  }
})

t.test('a log-out, in all its states, says each step in a line of its own', async t => {
  const base = {
    email: 'alice@example.com',
    storeLabel: 'Vault',
    trouble: makeTrouble('it is locked'),
    endsAtMs: nowMs,
    nowMs,
  } as const
  for (const state of ['done', 'later', 'failed'] as const) {
    const lines = logoutLines(
      { ...base, server: state, file: state, store: state, account: state },
      plainInk,
    )
    t.equal(lines.length, 6, state)
    t.match(lines.at(-1), state === 'failed' ? /^Not signed out/ : /^Signed out alice/)
  }
})

t.test('a long trouble is cut, what to type is not', async t => {
  const words = 'Vault has no token for you; type this line and then paste yours: '.repeat(6)
  const trouble = makeTrouble(words)
  for (const width of [50, 80]) {
    const facts = change({ verdict: 'attention', because: 'own-trouble' }, { trouble })
    const lines = statusLines(facts, width, plainInk)
    t.equal(lines.length, width === 80 ? 6 : 12)
    t.equal(lines.at(-1), '  Type: claude-auth ensure')
    if (width === 80) t.match(lines.at(-2), / …$/)
    t.match(lines[width === 80 ? 1 : 2], /It needs care: Vault has no token/)
    for (const line of lines) t.ok(columnsOf(line) <= width, line)
  }
})

t.test('what a stranger wrote into a name changes no screen', async t => {
  const evil = 'x\u001b[2J\u202e\ny'
  const facts = change(
    {},
    { email: evil, organization: evil, otherCredential: evil, trouble: makeTrouble(evil) },
  )
  for (const line of statusLines(facts, 80, plainInk)) t.notMatch(line, /\p{C}/u)
  const run = {
    at: 'x',
    host: evil,
    actor: 'launch',
    verdict: evil,
    because: evil,
    tookMs: 1,
    toldAfterMs: 0,
  }
  const steps = [{ do: evil, because: evil, afterMs: 0, ms: 0, done: false }]
  const lines = lastRunLines(
    { ...run, steps, said: [evil], trouble: makeTrouble(evil) } as never,
    plainInk,
  )
  for (const line of lines) t.notMatch(line, /\p{C}/u)
})
