// Reporting: alerts over a run that goes on, marks that stay, and whose login a wrong one is.

import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { observe } from '../../src/engine/observe.js'
import { commit, type Run } from '../../src/engine/run.js'
import { report } from '../../src/engine/tell.js'
import { decide } from '../../src/policy/decide.js'
import type { Decision } from '../../src/policy/state.js'
import { type Engine, engine } from '../kit/engine.js'

const work = { steps: [], did: [] }
const ended: Decision = { do: 'sign-in', because: 'login-ended', about: null }
const silent: Decision = { do: 'launch', because: 'no-answer', about: null }

function withSlack(at: Engine): string {
  const hook = join(at.home.path, 'hook')
  at.home.write(hook, `${at.authority.url}/services/T/B/made-up`)
  at.configure({ alerts: { slack: { webhookFile: hook } } })
  return hook
}

const tell = async (run: Run, decision: Decision) => report(run, observe(run), decision, work)

t.test('of a run that is reported on twice the strongest alert counts', async t => {
  const at = await engine(t)
  withSlack(at)
  const run = await at.run()
  t.equal((await tell(run, ended)).outcome.alert, 'sent')
  t.equal((await tell(run, ended)).outcome.alert, 'sent')
  t.equal((await tell(await at.run(), ended)).outcome.alert, 'unchanged')
})

t.test('with nobody to send to it is off, whatever the decision', async t => {
  const at = await engine(t)
  for (const decision of [ended, silent])
    t.equal((await tell(await at.run(), decision)).outcome.alert, 'off')
  withSlack(at)
  t.equal((await tell(await at.run(), silent)).outcome.alert, 'unchanged')
})

t.test('a message that can not be sent is one line: why, and what to type', async t => {
  const at = await engine(t)
  const hook = withSlack(at)
  chmodSync(hook, 0o644)
  const first = await tell(await at.run(), ended)
  t.equal(first.outcome.alert, 'failed')
  t.match(first.lines, [/ended|Type|More/, / /, / /, / /])
  const last = first.lines.at(-1)
  t.match(last, `claude-auth: The message was not sent: slack: ${hook} is readable by others`)
  t.match(last, `type: chmod 600 ${hook}.`)
  t.ok(first.lines.length <= 6)
  const second = await tell(await at.run(), ended)
  t.notMatch(second.lines.join(), 'was not sent', 'not tried again yet')
  t.match(second.alertTrouble, { command: /^chmod 600/ }, 'but known')
})

t.test('Slack being down is told too', async t => {
  const at = await engine(t)
  withSlack(at)
  at.authority.fail('slack', faults.answer(500))
  const { lines } = await tell(await at.run(), ended)
  t.match(lines.at(-1), /not sent: slack: Slack answered 500; it will be tried again\.$/)
})

for (const name of ['another credential', 'mode: observe'])
  t.test(`${name} leaves the marks alone`, async t => {
    const at = await engine(t)
    await at.ensure()
    const fresh = join(at.home.paths.state, 'fresh')
    const client = join(at.home.tools, 'claude')
    const before = { ...(await at.run()), client }
    await tell(before, decide(observe(before).state, before.now()))
    t.ok(existsSync(fresh))
    if (name === 'mode: observe') at.configure({ mode: 'observe' })
    const run = { ...(await at.run()), client }
    const wins = 'ANTHROPIC_API_KEY from the environment'
    if (name === 'another credential')
      run.otherCredential = { kind: 'api-key', wins, from: 'environment' }
    await tell(run, decide(observe(run).state, run.now()))
    if (name === 'mode: observe') await tell(run, ended)
    t.ok(existsSync(fresh))
  })

t.test('another account with the same e-mail is not blamed on the organization', async t => {
  const at = await engine(t)
  const { email, organizationUuid } = at.user
  const accountUuid = 'b0b00000-0000-4000-8000-000000000009'
  at.configure({ identity: { email, organizationUuid, accountUuid } })
  await at.ensure()
  const run = await at.run()
  const { outcome, lines } = await tell(run, decide(observe(run).state, run.now()))
  t.equal(outcome.because, 'wrong-identity')
  t.match(lines[0], 'claude-auth: This is another account with the same e-mail')
  t.notMatch(lines.join(), 'organization')
})

t.test('a client that does not renew is not taken for a silent server', async t => {
  const at = await engine(t, { login: 'expired', config: { renewal: { via: 'client' } } })
  const outcome = await at.ensure()
  t.match(outcome, { verdict: 'no-answer', because: 'no-answer' })
  const run = await at.run()
  const { lines } = await tell(run, silent)
  t.same(lines, ['claude-auth: The client did not renew the login. Type: claude-auth ensure'])
})

t.test('why a login file is of no use is said, and written down', async t => {
  const at = await engine(t, { login: 'none' })
  for (const [bytes, why] of [
    ['', 'it is empty'],
    ['[]', 'it is no whole JSON object'],
  ] as const) {
    at.home.write(at.home.paths.loginFile, bytes)
    const run = await at.run()
    commit(run, { unsaved: { signInNeeded: null } })
    t.match(
      (await tell(run, { do: 'sign-in', because: 'login-lost', about: null })).lines[1],
      `is no use: ${why}`,
    )
    t.match(readFileSync(at.home.paths.journal, 'utf8').trim().split('\n').at(-1), why)
  }
})
