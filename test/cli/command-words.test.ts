// The words of commands and errors.

import t from 'tap'
import { type LoginStage, loginLines } from '../../src/cli/login.js'
import { ensureLines, notByClientTrouble } from '../../src/engine/ensure-words.js'
import type { Outcome } from '../../src/policy/outcome.js'
import { AuthError, makeTrouble, type Trouble } from '../../src/system/trouble.js'
import { errorLine, errorLines } from '../../src/text/trouble.js'

process.env['TZ'] = 'UTC'

const nowMs = Date.parse('2026-12-12T12:14:00Z')
const email = 'alice@example.com'

const good: Outcome = {
  schemaVersion: 1,
  verdict: 'ok',
  because: 'fresh',
  did: [],
  credential: 'login',
  custody: 'shared',
  identity: { email, accountUuid: null, organizationUuid: null },
  expiresAt: nowMs + 4 * 3_600_000,
  loginEndsAt: null,
  store: { kind: 'local', state: 'current', version: 1 },
  steps: [],
  alert: 'off',
}

t.test('ensure says in one to three lines what it found and did', async t => {
  const store = { ...good.store, state: 'pending' as const }
  const cases: [string, Partial<Outcome>][] = [
    ['good', {}],
    ['renewed', { did: ['read-store', 'renew', 'verify', 'back-up'] }],
    ['renewed, not stored', { did: ['renew'], store }],
    ['refused by the store', { store: { ...store, kind: 'vault', state: 'denied' } }],
    ['unreachable store', { store: { ...store, kind: 'vault', state: 'unreachable' } }],
    ['no store', { store: { kind: 'none', state: 'pending', version: null }, identity: null }],
    ['sign-in', { verdict: 'sign-in', because: 'login-ended', alert: 'sent' }],
    ['sign-in, alert failed', { verdict: 'sign-in', because: 'grant-refused', alert: 'failed' }],
    ['no answer', { verdict: 'no-answer', because: 'no-answer' }],
    ['broken', { verdict: 'broken', because: 'own-trouble' }],
    ['attention', { verdict: 'attention', because: 'store-behind', did: ['renew'] }],
    ['other credential', { because: 'other-credential', credential: 'other' }],
    ['off', { because: 'off' }],
    ['observe', { because: 'observe' }],
    ['not ours', { because: 'not-ours' }],
    ['long-lived', { because: 'long-lived', credential: 'long-lived' }],
    ['no expiry', { expiresAt: null }],
  ]
  const said = cases.map(([name, change]) => {
    const trouble = name === 'attention' ? makeTrouble('the key of the store is old') : null
    const lines = ensureLines({ ...good, ...change }, nowMs, trouble)
    t.ok(lines.length >= 1 && lines.length <= 3, name)
    return [`# ${name}`, ...lines].join('\n')
  })
  t.equal(
    said.join('\n'),
    `# good
Your login for alice@example.com is good until 12 Dec at 16:14 (in 4 h).
# renewed
Your login for alice@example.com is good until 12 Dec at 16:14 (in 4 h).
Done: renewed, checked, stored.
# renewed, not stored
Your login for alice@example.com is good until 12 Dec at 16:14 (in 4 h).
Done: renewed.
The copy is not stored yet; it will be tried again.
# refused by the store
Your login for alice@example.com is good until 12 Dec at 16:14 (in 4 h).
The store refuses us.
# unreachable store
Your login for alice@example.com is good until 12 Dec at 16:14 (in 4 h).
The store cannot be reached; it will be tried again.
# no store
Your login is good until 12 Dec at 16:14 (in 4 h).
# sign-in
A sign-in is needed: the sign-in has ended.
Type: claude-auth login   (works over SSH)
# sign-in, alert failed
A sign-in is needed: the server no longer accepts the sign-in.
Type: claude-auth login   (works over SSH)
The message could not be sent; it will be tried again.
# no answer
The login server gave no answer; the login is as it was.
Try again: claude-auth ensure
# broken
claude-auth could not do its work: claude-auth itself had trouble.
See: claude-auth log
# attention
Your login for alice@example.com is good until 12 Dec at 16:14 (in 4 h).
Done: renewed. It needs care: the key of the store is old.
# other credential
Something else goes before your login; it was left alone.
# off
claude-auth is switched off (mode: off).
# observe
claude-auth only observes (mode: observe); nothing was changed.
# not ours
This login belongs to another account; nothing was changed.
# long-lived
A long-lived token for alice@example.com is in use.
# no expiry
Your login for alice@example.com is good.`,
  )
})

t.test('ensure says what was not sent, what it would do, and who did not answer', async t => {
  const say = (change: Partial<Outcome>, trouble: Trouble | null, more = {}) =>
    ensureLines({ ...good, ...change }, nowMs, trouble, more)
  const alertTrouble = makeTrouble('slack: /h is readable by others', { command: 'chmod 600 /h' })
  t.equal(
    say({ verdict: 'sign-in', because: 'login-ended', alert: 'failed' }, null, { alertTrouble })[2],
    'The message was not sent: slack: /h is readable by others; type: chmod 600 /h.',
  )
  t.same(say({ because: 'observe' }, null, { would: { do: 'renew', because: 'expired' } }), [
    'claude-auth only observes (mode: observe); nothing was changed.',
    'It would renew the login: its time was over.',
  ])
  const silent = { verdict: 'no-answer', because: 'no-answer' } as const
  t.equal(
    say(silent, notByClientTrouble)[0],
    'The client did not renew the login; it is as it was.',
  )
})

t.test('login says how it stands', async t => {
  const stages: LoginStage[] = [
    { at: 'start', email },
    { at: 'start', email: null },
    { at: 'signed-in', email, stored: true, expiresAtMs: good.expiresAt },
    { at: 'signed-in', email: null, stored: false, expiresAtMs: null },
    { at: 'not-finished', exitCode: 1 },
    { at: 'wrong-identity', email: 'bob@example.com', expectedEmail: email },
    { at: 'wrong-identity', email: null, expectedEmail: null },
    { at: 'wrong-identity', email, expectedEmail: email },
    { at: 'not-verified', email },
  ]
  t.equal(
    stages.flatMap(stage => loginLines(stage, nowMs)).join('\n'),
    `claude-auth: Claude's own sign-in opens now; sign in as alice@example.com.
claude-auth: Claude's own sign-in opens now.
claude-auth: Signed in as alice@example.com until 12 Dec at 16:14 (in 4 h). A copy is stored.
claude-auth: Signed in. A copy could not be stored yet.
claude-auth: The sign-in was not finished; nothing was changed.
claude-auth: Type: claude-auth login
claude-auth: This is the login of bob@example.com; expected here is alice@example.com.
claude-auth: Type: claude-auth login
claude-auth: This is the login of another user; expected here is another.
claude-auth: Type: claude-auth login
claude-auth: This is another account or organization with the e-mail alice@example.com.
claude-auth: Type: claude-auth login
claude-auth: Signed in, but the server could not be asked whose login it is.
claude-auth: Type: claude-auth ensure`,
  )
})

t.test('an error of ours is its message and its hint, made safe to print', async t => {
  const hint = 'chmod 600 /home/a/f\u001b[31m'
  t.same(errorLines(new AuthError('secret-readable-by-others', 'open\nto others', { hint })), [
    'claude-auth: open to others',
    'claude-auth: hint: chmod 600 /home/a/f',
  ])
})

t.test('in a launch it is one line, what to type included', async t => {
  const hint = 'chmod 600 /home/a/f'
  t.equal(
    errorLine(
      new AuthError('secret-readable-by-others', '/home/a/f is readable by others', { hint }),
    ),
    'claude-auth: /home/a/f is readable by others. Type: chmod 600 /home/a/f',
  )
})

t.test('of any other error only the class and the system code are told', async t => {
  const secret = 'sk-ant-ort01-secret'
  const system = Object.assign(new TypeError(secret), { code: 'ENOENT', path: secret })
  const cases: [unknown, string][] = [
    [system, 'unexpected TypeError (ENOENT)'],
    [Object.assign(new Error(secret), { code: `X ${secret}` }), 'unexpected Error'],
    [secret, 'unexpected string'],
    [undefined, 'unexpected undefined'],
    [{ constructor: { name: secret }, code: secret }, 'unexpected object'],
  ]
  for (const [error, words] of cases) {
    t.same(errorLines(error), [`claude-auth: ${words}`, 'claude-auth: hint: claude-auth ensure'])
  }
})
