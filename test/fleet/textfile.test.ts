// The metrics: their names and values, and that a real promtool and node_exporter take them.

import t from 'tap'
import { metricsText } from '../../src/fleet/textfile.js'
import { viewOfHomes } from '../../src/fleet/view.js'
import { healthRecord } from '../kit/fleet-site.js'
import { hostileTexts, nowMs, recordsOf, sampleView } from '../kit/fleet-views.js'

const told = { version: '0.1.0', isWhole: true }

function samples(text: string): Record<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map(line => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' '))),
    ]),
  )
}

t.test('each user is told by the worst of their logins', async t => {
  const found = samples(metricsText(sampleView(), told))
  t.match(found, {
    'claude_auth_login_ok{user="alice"}': 1,
    'claude_auth_login_ok{user="bob"}': 0,
    'claude_auth_login_ok{user="carol"}': 0,
    'claude_auth_login_ok{user="dave"}': 0,
    'claude_auth_needs_sign_in{user="bob",because="grant-refused"}': 1,
    'claude_auth_login_ends_timestamp_seconds{user="alice"}': nowMs / 1000 + 5 * 86_400,
    'claude_auth_checked_timestamp_seconds{user="alice"}': nowMs / 1000 - 3600,
    'claude_auth_users{state="stranger"}': 1,
    'claude_auth_users{state="broken"}': 0,
    claude_auth_fleet_run_timestamp_seconds: nowMs / 1000,
    claude_auth_fleet_run_success: 1,
    'claude_auth_build_info{version="0.1.0"}': 1,
  })
  for (const user of ['paul', 'gone', 'eve'])
    t.notOk(`claude_auth_login_ok{user="${user}"}` in found)
  t.match(samples(metricsText(sampleView(), { ...told, isWhole: false })), {
    claude_auth_fleet_run_success: 0,
  })
})

t.test('a sign-in that is needed on one host is told, however bad another host is', async t => {
  const hosts = {
    ws1: healthRecord({ at: nowMs, verdict: 'broken', because: 'own-trouble' }),
    ws2: healthRecord({ at: nowMs, verdict: 'sign-in', because: 'grant-refused' }),
  }
  t.match(samples(metricsText(sampleView(recordsOf('zoe', hosts)), told)), {
    'claude_auth_login_ok{user="zoe"}': 0,
    'claude_auth_needs_sign_in{user="zoe",because="grant-refused"}': 1,
  })
})

t.test('labels are escaped, and two names that look the same are one series', async t => {
  const more = hostileTexts.flatMap(user => recordsOf(user, { ws1: healthRecord({ at: nowMs }) }))
  const twice = ['a\u200bb', 'ab'].flatMap(user => recordsOf(user, { ws1: 'unreadable' }))
  const text = metricsText(sampleView([...more, ...twice]), told)
  t.notMatch(text, 'sk-ant-ort01-planted')
  for (const line of text.split('\n'))
    t.match(line, /^(?:#.*|[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? [-+.\de]+|)$/)
  t.match(text, 'claude_auth_login_ok{user="evil\\" \\\\u{}<script>"} 1')
  t.equal(text.split('claude_auth_login_ok{user="ab"}').length, 2)
})

t.test('beyond 1,000 users of a site only counts are told', async t => {
  const many = Array.from({ length: 1_001 }, (_, at) =>
    recordsOf(`u${at}`, { ws1: 'unreadable' }),
  ).flat()
  const view = viewOfHomes(many, { roster: null, nowMs, silentAfterMs: 1 })
  t.match(metricsText(view, told), /user="u1000"/)
  const text = metricsText({ ...view, source: 'vault' }, told)
  t.notMatch(text, /user="/)
  t.match(samples(text), { 'claude_auth_users{state="unknown"}': 1_001 })
})
