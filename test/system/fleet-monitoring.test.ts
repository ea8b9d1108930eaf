// The metrics, the rules and the panel, as a real promtool and a real node_exporter see them.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { metricsText } from '../../src/fleet/textfile.js'
import { healthRecord } from '../kit/fleet-site.js'
import { hostileTexts, nowMs, recordsOf, sampleView } from '../kit/fleet-views.js'
import { fetchPeers } from '../kit/real-clients.js'

const docs = join(import.meta.dirname, '../../docs/fleet')
const [promtool, exporter] = fetchPeers('promtool', 'node-exporter')
const skip = promtool?.skip || exporter?.skip || false

/** Somebody in each state, and whoever gave themselves an odd name. */
const metrics = metricsText(
  sampleView(hostileTexts.flatMap(user => recordsOf(user, { ws1: healthRecord({ at: nowMs }) }))),
  { version: '0.1.0', isWhole: true },
)

function check(args: string[], input?: string) {
  return spawnSync(promtool?.path ?? '', args, { input, encoding: 'utf8' })
}

t.test('promtool has nothing to say about the metrics and the rules', { skip }, async t => {
  const said = check(['check', 'metrics'], metrics)
  t.same([said.status, said.stdout, said.stderr], [0, '', ''])
  const rules = check(['check', 'rules', join(docs, 'alerts.yaml')])
  t.match(rules, { status: 0, stdout: /5 rules found/ })
})

t.test('each rule comes when it is to come, and not before', { skip }, async t => {
  const folder = t.testdir()
  const never = '_x60'
  const series = (name: string, values: string) => ({ series: name, values })
  const tests = [
    [
      'ClaudeNeedsSignIn',
      series('claude_auth_needs_sign_in{user="bob",because="grant-refused"}', '1x60'),
      '20m',
      true,
    ],
    [
      'ClaudeNeedsSignIn',
      series('claude_auth_needs_sign_in{user="bob",because="grant-refused"}', '1x60'),
      '10m',
      false,
    ],
    [
      'ClaudeSignInEnds',
      series('claude_auth_login_ends_timestamp_seconds{user="bob"}', '172800x300'),
      '2h',
      true,
    ],
    [
      'ClaudeSignInEnds',
      series('claude_auth_login_ends_timestamp_seconds{user="bob"}', '600000x300'),
      '2h',
      false,
    ],
    ['ClaudeLoginSilent', series('claude_auth_users{state="silent"}', '1x300'), '2h', true],
    ['ClaudeLoginSilent', series('claude_auth_users{state="silent"}', '0x300'), '2h', false],
    [
      'ClaudeFleetNotLookedAt',
      series('claude_auth_fleet_run_timestamp_seconds', '0x300'),
      '70m',
      true,
    ],
    [
      'ClaudeFleetNotLookedAt',
      series('claude_auth_fleet_run_timestamp_seconds', '0x300'),
      '50m',
      false,
    ],
    ['ClaudeTextfileUnreadable', series('node_textfile_scrape_error', '1x300'), '20m', true],
    ['ClaudeTextfileUnreadable', series('node_textfile_scrape_error', never), '20m', false],
  ] as const
  for (const [alertname, input, eval_time, comes] of tests) {
    const expr = `count(ALERTS{alertname="${alertname}",alertstate="firing"}) or vector(0)`
    const file = join(folder, 'test.json')
    const promql_expr_test = [
      { expr, eval_time, exp_samples: [{ labels: '{}', value: comes ? 1 : 0 }] },
    ]
    const group = { interval: '1m', input_series: [input], promql_expr_test }
    writeFileSync(file, JSON.stringify({ rule_files: [join(docs, 'alerts.yaml')], tests: [group] }))
    const { status, stdout, stderr } = check(['test', 'rules', file])
    t.equal(status, 0, `${alertname} at ${eval_time}: ${stdout}${stderr}`)
  }
})

t.test('node_exporter takes every series, and finds no error', { skip }, async t => {
  const folder = t.testdir({ 'claude_auth.prom': metrics })
  const port = await freePort()
  const child = spawn(
    exporter?.path ?? '',
    [
      '--collector.disable-defaults',
      '--collector.textfile',
      `--collector.textfile.directory=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  t.teardown(() => void child.kill())
  const text = await scraped(port)
  t.match(text, /^node_textfile_scrape_error 0$/m)
  const names = (all: string) =>
    all.split('\n').flatMap(line => /^claude_auth_\S+(?:\{.*\})?(?= )/.exec(line)?.[0] ?? [])
  const sorted = (all: string) =>
    names(all)
      .map(name => name.replace(/\{(.*)\}/, (_, labels) => labels.split(',').sort().join()))
      .sort()
  t.same(sorted(text), sorted(metrics))
})

t.test('the panel of Grafana asks for a metric that is there', async t => {
  const panel = JSON.parse(readFileSync(join(docs, 'grafana-panel.json'), 'utf8'))
  t.equal(panel.type, 'bargauge')
  for (const { expr } of panel.targets)
    for (const [name] of expr.matchAll(/claude_auth_\w+/g)) t.match(metrics, `# TYPE ${name} gauge`)
})

async function scraped(port: number): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    } catch (error) {
      if (tries === 100) throw error
      await sleep(100)
    }
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
