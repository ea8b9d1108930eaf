// What people outside read; text from elsewhere is only text there.

import fc from 'fast-check'
import t from 'tap'
import type { AlertMessage } from '../../src/alerts/memory.js'
import { alertObject, messageLines } from '../../src/alerts/message.js'
import type { AlertContext } from '../../src/alerts/sink.js'
import { slackMarkup } from '../../src/alerts/sinks/slack.js'

const sinceMs = Date.parse('2026-12-12T09:14:00Z')
const base = { id: 'x-1', atMs: sinceMs + 60_000, sinceMs, sentTo: [], only: null }
const dayMs = 86_400_000
const messages: AlertMessage[] = [
  { ...base, kind: 'sign-in-needed', because: 'grant-refused' },
  { ...base, kind: 'sign-in-over', because: 'grant-refused' },
  { ...base, kind: 'login-ends', endsAtMs: sinceMs + 3 * dayMs },
  { ...base, kind: 'sign-in-unsteady', changes: 7, needed: true, because: 'login-lost' },
  { ...base, kind: 'sign-in-unsteady', changes: 7, needed: false, because: null },
]
const context: AlertContext = {
  user: 'alice',
  host: 'box1',
  email: 'alice_b@example.com',
  runbook: 'https://wiki.example.com/claude?a=1&b=2',
}

const slackText = (message: AlertMessage, context: AlertContext) =>
  messageLines(message, context, slackMarkup).join('\n')

t.test('each message says who, where, why, since when and what to do', async t => {
  t.equal(
    messages.map(message => slackText(message, context)).join('\n---\n'),
    `claude-auth: alice on box1 needs to sign in to Claude.
Reason: the server no longer accepts the sign-in (grant-refused), since 12 Dec 2026 09:14 UTC.
To do: on that host type \`claude-auth login\` (works over SSH) and sign in as alice_b@example.com.
More: <https://wiki.example.com/claude?a=1&amp;b=2#grant-refused>
---
claude-auth: alice on box1 is signed in to Claude again; nothing is left to do.
It was needed since 12 Dec 2026 09:14 UTC.
---
claude-auth: the Claude sign-in of alice on box1 ends in 3 days, at 15 Dec 2026 09:14 UTC. It still works.
To do: on that host type \`claude-auth login\` (works over SSH) and sign in as alice_b@example.com.
More: <https://wiki.example.com/claude?a=1&amp;b=2#login-ends>
---
claude-auth: the Claude sign-in of alice on box1 changed 7 more times since 12 Dec 2026 09:14 UTC. Now a sign-in is needed.
Reason: the login is gone and no copy can be used (login-lost).
To do: on that host type \`claude-auth login\` (works over SSH) and sign in as alice_b@example.com.
More: <https://wiki.example.com/claude?a=1&amp;b=2#login-lost>
---
claude-auth: the Claude sign-in of alice on box1 changed 7 more times since 12 Dec 2026 09:14 UTC. Now all is well.`,
  )
})

t.test('the command gets the same as one object', async t => {
  const objects = messages.map(message => alertObject(message, context))
  t.same(objects[0], {
    schemaVersion: 1,
    id: 'x-1',
    event: 'sign-in-needed',
    user: 'alice',
    host: 'box1',
    email: 'alice_b@example.com',
    because: 'grant-refused',
    reason: 'the server no longer accepts the sign-in',
    at: '2026-12-12T09:15:00.000Z',
    since: '2026-12-12T09:14:00.000Z',
    loginEndsAt: null,
    needsSignIn: true,
    toDo: 'claude-auth login',
    runbook: 'https://wiki.example.com/claude?a=1&b=2#grant-refused',
  })
  t.match(objects.slice(1), [
    { event: 'sign-in-over', because: 'grant-refused', needsSignIn: false, toDo: null },
    { event: 'login-ends', because: null, needsSignIn: false, toDo: 'claude-auth login' },
    { event: 'sign-in-unsteady', because: 'login-lost', needsSignIn: true },
    { event: 'sign-in-unsteady', because: null, needsSignIn: false, toDo: null },
  ])
  t.equal(objects[2]?.['loginEndsAt'], '2026-12-15T09:14:00.000Z')
  t.match(alertObject(messages[0] as AlertMessage, { ...context, email: null, runbook: null }), {
    email: null,
    runbook: 'docs/runbook.md#grant-refused',
  })
})

t.test('whatever user, host, e-mail or runbook are, the lines and links stay ours', async t => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('<!channel>', '*x*', '`', '>', '\n', 'https://a|<!here>'),
  )
  fc.assert(
    fc.property(text, text, text, text, fc.constantFrom(...messages), (...given) => {
      const [user, host, email, runbook, message] = given
      const said = slackText(message, { user, host, email, runbook })
      const links = said.match(/<[^>]*>/g) ?? []
      return (
        said.split('\n').length <= 4 &&
        !/<[!@#]|\*|~/.test(said.replace(/<https?:[^>|]*>/gi, '')) &&
        links.every(link => /^<https?:\/\/[^|<>]*>$/i.test(link)) &&
        (said.match(/`/g) ?? []).length === (said.includes('To do:') ? 2 : 0)
      )
    }),
  )
  t.pass()
})
