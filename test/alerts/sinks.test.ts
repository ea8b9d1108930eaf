// The registry of sinks: no list of them stands anywhere else.

import t from 'tap'
import { isNobodyTold, silenced, sinkNames } from '../../src/alerts/sinks.js'
import type { AlertsConfig } from '../../src/config/alerts.js'

const everything: AlertsConfig = {
  slack: { webhookFile: '/etc/claude-auth/slack-webhook' },
  teams: { webhookFile: '/etc/claude-auth/teams-webhook' },
  email: { to: ['ops@example.com'], from: null, sendmail: null },
  command: ['/usr/local/bin/page-someone'],
  runbook: 'https://example.com/runbook',
  beforeLoginEndsMs: [86_400_000],
}

t.test('whoever is silenced is told by no sink, and nothing else changes', async t => {
  const { runbook, beforeLoginEndsMs, ...sinks } = silenced(everything)
  t.same(Object.keys(sinks).sort(), [...sinkNames].sort(), 'every sink is in the registry')
  t.same(new Set(Object.values(sinks)), new Set([null]))
  t.same(
    { runbook, beforeLoginEndsMs },
    {
      runbook: everything.runbook,
      beforeLoginEndsMs: everything.beforeLoginEndsMs,
    },
  )
  t.equal(isNobodyTold(silenced(everything)), true)
})

t.test('one sink is enough for somebody to be told', async t => {
  for (const name of sinkNames)
    t.equal(isNobodyTold({ ...silenced(everything), [name]: everything[name] }), false, name)
})
