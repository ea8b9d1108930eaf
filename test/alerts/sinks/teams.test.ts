// Teams gets one Adaptive Card, in which text from elsewhere is only text.

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { deliver } from '../../../src/alerts/delivery.js'
import { teams, teamsMarkup } from '../../../src/alerts/sinks/teams.js'
import { alertRun, signInNeeded } from '../../kit/alert-run.js'
import { webhookServer } from '../../kit/webhook-server.js'

t.test('a workflow on loopback receives the card, with its secret query', async t => {
  const { address, got } = await webhookServer(t, 202)
  const webhookFile = join(t.testdir({ hook: `${address}/workflows/1?sig=made-up` }), 'hook')
  chmodSync(webhookFile, 0o600)
  const context = {
    user: 'alice',
    host: 'box1',
    email: 'alice@example.com',
    runbook: 'https://wiki.example.com/claude(x)',
  }
  const run = alertRun({ teams: { webhookFile } }, { context })
  const sink = teams.open(run)
  if (sink === null) throw new Error('no sink')
  t.equal((await deliver([signInNeeded], [sink])).result, 'sent')
  t.equal(got[0]?.request, 'POST /workflows/1?sig=made-up application/json')
  t.match(JSON.parse(got[0]?.body ?? ''), {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            {
              type: 'TextBlock',
              wrap: true,
              text: 'claude-auth: alice on box1 needs to sign in to Claude.',
            },
            { text: /^Reason: the login is gone/ },
            { text: /^To do: on that host type “claude-auth login” .* as alice@example\.com\.$/ },
            { text: 'More: [the runbook](https://wiki.example.com/claude%28x%29#login-lost)' },
          ],
        },
      },
    ],
  })
  t.same(teams.inspect(run), { to: 'Teams', trouble: null })
  t.equal(teams.open(alertRun({})), null)
})

t.test('whatever text from elsewhere is, a text block shows it as text', async t => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('[a](https://evil)', '**x**', '_x_', '<at>all</at>', '- a\n- b', '\\*'),
  )
  fc.assert(
    fc.property(
      text,
      given =>
        !/[*`~[\]<>\\\n]|(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/u.test(
          teamsMarkup.text(given, 200),
        ),
    ),
  )
  t.pass()
})
