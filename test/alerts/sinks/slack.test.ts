// Slack gets one JSON POST, in which text from elsewhere is only text.

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { deliver } from '../../../src/alerts/delivery.js'
import { slack, slackMarkup } from '../../../src/alerts/sinks/slack.js'
import { alertRun, signInNeeded } from '../../kit/alert-run.js'
import { webhookServer } from '../../kit/webhook-server.js'

t.test('a real server on loopback receives the message', async t => {
  const { address, got } = await webhookServer(t)
  const webhookFile = join(t.testdir({ hook: `${address}/services/x\n` }), 'hook')
  chmodSync(webhookFile, 0o600)
  const run = alertRun({ slack: { webhookFile } })
  const sink = slack.open(run)
  if (sink === null) throw new Error('no sink')
  t.equal((await deliver([signInNeeded], [sink])).result, 'sent')
  t.match(got, [{ request: 'POST /services/x application/json' }])
  t.match(JSON.parse(got[0]?.body ?? ''), {
    text: /^claude-auth: alice on box1 needs to sign in/,
    unfurl_links: false,
  })
  t.same(slack.inspect(run), { to: 'Slack', trouble: null })
})

t.test('where it is not configured there is no sink', async t => {
  t.equal(slack.open(alertRun({})), null)
  t.equal(slack.inspect(alertRun({})), null)
})

t.test('it sees no markup in text from elsewhere', async t => {
  const cases: [string, string][] = [
    ['<!here> & co', '&lt;!here&gt; &amp; co'],
    ['<@U123|bob>', '&lt;@U123|bob&gt;'],
    ['@channel @Here @everyone', '＠channel ＠Here ＠everyone'],
    ['*bold* ~gone~ `code`', '∗bold∗ ∼gone∼ ˋcodeˋ'],
    ['_slanted_ and a_b@c_d.org', 'ˍslantedˍ and a_b@c_d.org'],
    ['<https://evil|ok>', '&lt;https://evil|ok&gt;'],
    ['two\nlines\u001b[1m', 'two lines'],
  ]
  for (const [given, wanted] of cases) t.equal(slackMarkup.text(given, 100), wanted)
})
