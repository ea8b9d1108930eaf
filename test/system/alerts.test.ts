// Alerts on their way: one message when somebody has to sign in, one when it is over, whatever happens to Slack.

import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { realClient } from '../kit/real-clients.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

const newer = realClient('new')
const skip = newer.skip
t.jobs = 2

type Alerts = (box: Wrapped) => Record<string, unknown>

async function deadLogin(t: Parameters<typeof wrapped>[0], custody: string, alerts: Alerts) {
  const box = await wrapped(t, { login: 'dead', client: newer.path, via: 'proxy' })
  const hook = join(box.home.path, 'hook')
  box.home.write(hook, `${box.authority.url}/services/T000/B000/made-up\n`)
  const identity = { email: box.user.email, organizationUuid: box.user.organizationUuid }
  box.writeConfig({ version: 1, custody, identity, alerts: alerts(box) })
  return box
}

const slack: Alerts = box => ({ slack: { webhookFile: join(box.home.path, 'hook') } })
const messages = (box: Wrapped) => box.authority.slackMessages.map(each => JSON.stringify(each))

for (const custody of custodies) {
  t.test(
    `Slack hears of it once, and once that it is over, ${custody}`,
    { skip, buffered: true },
    async t => {
      const box = await deadLogin(t, custody, slack)
      const first = [1, 2, 3].map(() => box.launch(['-p', 'hi']))
      for (const { stderr } of await Promise.all(first)) t.match(stderr, 'Type: claude-auth login')
      for (const _ of [1, 2]) await box.launch(['-p', 'hi'])
      await box.settle()
      t.equal(messages(box).length, 1)
      t.match(messages(box)[0], box.user.email)
      box.writeLogin(box.signIn())
      for (const _ of [1, 2, 3]) {
        const { code, stdout, stderr } = await box.launch(['-p', 'hi'])
        t.same({ code, stdout, stderr }, { code: 0, stdout: 'Hello.\n', stderr: '' })
      }
      await box.settle()
      t.equal(messages(box).length, 2)
      t.same(await box.grepSecrets(messages(box).join('\n')), [])
    },
  )

  t.test(
    `Slack is down: the launch goes on, the message comes later, ${custody}`,
    { skip, buffered: true },
    async t => {
      const box = await deadLogin(t, custody, slack)
      box.authority.fail('slack', faults.hang())
      const { stdout, stderr } = await box.launch(['-p', 'hi'])
      t.match(stdout, /session expired|Not logged in|401/)
      t.match(stderr, 'Type: claude-auth login')
      await box.settle()
      t.equal(messages(box).length, 0)
      t.match((await box.ensure()).outcome, { alert: 'unchanged' }, 'not again at once')
      // As if the pause before the next try were over.
      const state = JSON.parse(readFileSync(box.home.paths.stateFile, 'utf8'))
      state.alert.retry.atMs = Date.now() - 1
      box.home.write(box.home.paths.stateFile, JSON.stringify(state))
      t.match((await box.ensure()).outcome, { alert: 'sent' })
      t.equal(messages(box).length, 1)
      t.equal((await box.ensure()).outcome?.alert, 'unchanged')
    },
  )
}

t.test(
  'a program of the site gets the same as JSON on its stdin',
  { skip, buffered: true },
  async t => {
    const box = await deadLogin(t, 'shared', box => ({
      command: ['/bin/sh', '-c', `cat >>'${box.home.path}/told'`],
    }))
    for (const _ of [1, 2]) await box.launch(['-p', 'hi'])
    await box.settle()
    box.writeLogin(box.signIn())
    await box.launch(['-p', 'hi'])
    await box.settle()
    const told = readFileSync(join(box.home.path, 'told'), 'utf8')
    const objects = told
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    t.equal(objects.length, 2)
    t.comment(told)
    t.same(await box.grepSecrets(told), [])
  },
)

t.test(
  'a webhook that others can read is not used, and that is said',
  { skip, buffered: true },
  async t => {
    const box = await deadLogin(t, 'shared', slack)
    chmodSync(join(box.home.path, 'hook'), 0o644)
    const { outcome } = await box.ensure()
    t.equal(outcome?.alert, 'failed')
    t.equal(messages(box).length, 0)
    t.match(JSON.stringify(box.journal()), 'chmod')
    t.match((await box.command(['ensure'])).stdout, /was not sent: .*type: chmod 600 \/.*hook/)
  },
)
