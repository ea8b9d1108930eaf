// The address of a webhook lies in a private file and is told nowhere.

import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { deliver } from '../../../src/alerts/delivery.js'
import {
  inspectWebhook,
  readWebhook,
  type WebhookKey,
  webhookSink,
} from '../../../src/alerts/sinks/webhook.js'
import { AuthError } from '../../../src/system/trouble.js'
import { alertRun, signInNeeded } from '../../kit/alert-run.js'
import { webhookServer } from '../../kit/webhook-server.js'

const uid = process.geteuid?.() ?? 0
const secret = 'https://hooks.slack.com/services/T0/B0/secret'
const key: WebhookKey = { key: 'alerts.slack.webhookFile', service: 'Slack', mayHaveQuery: false }
const withQuery: WebhookKey = { ...key, mayHaveQuery: true }

function webhook(folder: string, mode = 0o600): string {
  const file = join(folder, 'hook')
  chmodSync(file, mode)
  return file
}

t.test('the address is told in no trouble', async t => {
  const { address } = await webhookServer(t, 404)
  const addresses = [`${address}/services/secret`, 'http://127.0.0.1:1/services/secret']
  for (const text of addresses) {
    const sink = webhookSink(
      'slack',
      key,
      webhook(t.testdir({ hook: text })),
      alertRun({}),
      () => ({}),
    )
    const { result, troubles } = await deliver([signInNeeded], [sink])
    t.equal(result, 'failed')
    t.match(troubles, [
      { sink: 'slack', trouble: { cause: /^Slack (answered 404|gave no answer)$/ } },
    ])
  }
})

t.test('a file that others may read, or that holds no safe address, is refused', async t => {
  const refused = (folder: string, mode?: number, how = key) => {
    try {
      return readWebhook(how, webhook(folder, mode), uid)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      t.notMatch(`${error.message} ${error.hint}`, /secret|hooks/)
      return error.code
    }
  }
  t.equal(refused(t.testdir({ hook: secret })), secret)
  t.equal(refused(t.testdir({ hook: secret }), 0o644), 'secret-readable-by-others')
  const unsafe = [
    '',
    'secret',
    'http://hooks.slack.com/secret',
    `${secret}\n${secret}`,
    `${secret}?a`,
  ]
  for (const text of unsafe) t.equal(refused(t.testdir({ hook: text })), 'config-invalid', text)
  t.throws(() => readWebhook(key, join(t.testdir(), 'none'), uid), { code: 'config-invalid' })
})

t.test('a service whose secret stands in the query gets it whole', async t => {
  const read = (text: string) => readWebhook(withQuery, webhook(t.testdir({ hook: text })), uid)
  const address =
    'https://prod-1.logic.azure.com:443/workflows/1/triggers/x?sp=%2Ft&sv=1.0&sig=abc-_'
  t.equal(read(address), address.replace(':443', ''))
  t.equal(read('https://a.example/b'), 'https://a.example/b')
  for (const text of ['https://u@a.example/?s', 'http://a.example/?s', 'https://a.example/?a?b'])
    t.throws(() => read(text), { code: 'config-invalid' }, text)
})

t.test('a link is judged by what it leads to', async t => {
  const folder = t.testdir({ hook: secret })
  const file = webhook(folder)
  symlinkSync('hook', join(folder, 'link'))
  t.equal(readWebhook(key, join(folder, 'link'), uid), secret)
  chmodSync(file, 0o604)
  t.throws(() => readWebhook(key, join(folder, 'link'), uid), { code: 'secret-readable-by-others' })
  t.match(inspectWebhook(key, join(folder, 'link'), { uid }), { command: /^chmod 600 / })
})
