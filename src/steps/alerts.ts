// Alerts: deciding, under the gate, whether Slack or the site's program is to be told, and telling them.

import { send } from '../anthropic/http.js'
import type { AlertResult } from '../outcome.js'
import { afterDelivery, nextAlert } from '../report/alert.js'
import type { AlertCondition, AlertMessage } from '../report/alert-memory.js'
import type { Sink } from '../report/deliver.js'
import { loginEndsCondition } from '../report/early-warning.js'
import { readAlertMemory } from '../report/read-alert-memory.js'
import type { Post } from '../report/slack.js'
import { note, type Run, remember } from '../run.js'
import type { Decision } from '../state.js'
import { type Claimed, claimAlerts } from './claim-alerts.js'
import { expectedEmail } from './expected-email.js'
import { signInCommand } from './long-lived-facts.js'
import { look } from './look.js'

/** For claiming and delivering together; each may have half of it. */
const alertsMs = 3_000

/**
 * Sends what is due for `decision`, in at most about 3 s; what can't be delivered is kept for later runs, what
 * another host on the same path tells is left to it.
 * `off`: there is nobody to send to.
 */
export async function sendAlerts(
  run: Run,
  decision: Decision,
  loginEndsAtMs: number | null,
): Promise<AlertResult> {
  const { slack, command } = run.config.alerts
  if (run.offline || !run.owned || (slack === null && command === null)) return 'off'
  if (!speaksOfLogin(decision)) return 'unchanged'
  const before = readAlertMemory(run.memory.alert)
  const { memory, messages } = nextAlert(
    before,
    conditionOf(run, decision, loginEndsAtMs),
    run.now(),
  )
  if (JSON.stringify(memory) !== JSON.stringify(before)) remember(run, { alert: memory })
  if (messages.length === 0) return 'unchanged'
  const beganMs = performance.now()
  const claimed = await claimAlerts(run, memory, alertsMs / 2)
  if (claimed.left.length > 0) note(run, 'alert', 'left', { detail: kindsOf(claimed.left) })
  if (claimed.messages.length === 0) {
    remember(run, { alert: claimed.memory })
    return 'unchanged'
  }
  if (claimed.memory !== memory) remember(run, { alert: claimed.memory })
  const restMs = Math.max(alertsMs - (performance.now() - beganMs), alertsMs / 2)
  return deliverClaimed(run, claimed, restMs)
}

async function deliverClaimed(run: Run, claimed: Claimed, limitMs: number): Promise<AlertResult> {
  const { memory, messages, unclaimed } = claimed
  const { deliver } = await import('../report/deliver.js')
  const { result, left, troubles } = await deliver(messages, await sinks(run), limitMs)
  const detail = troubles.map(({ sink, why }) => `${sink}: ${why}`).join('; ')
  const after = afterDelivery(memory, left, run.now(), detail)
  const waiting = memory.pending.filter(({ id }) => messages.every(message => message.id !== id))
  remember(run, { alert: { ...after, pending: [...after.pending, ...waiting] } })
  const alone = unclaimed === null ? '' : `not agreed with other hosts: ${unclaimed}`
  const all = [kindsOf(messages), alone, detail].filter(words => words !== '')
  note(run, 'alert', result, { detail: all.join('; ') })
  return result
}

function kindsOf(messages: readonly AlertMessage[]): string {
  return messages.map(({ kind }) => kind).join(' ')
}

/** Why a message still waits to be taken, and what to type; null: none does. */
export function alertTroubleOf({ memory, config }: Run): string | null {
  if (config.alerts.slack === null && config.alerts.command === null) return null
  const why = readAlertMemory(memory.alert).retry?.why ?? ''
  if (why === '') return null
  return why.includes('; type: ') ? why : `${why}; it will be tried again`
}

function conditionOf(
  run: Run,
  decision: Decision,
  loginEndsAtMs: number | null,
): AlertCondition | null {
  if (decision.do === 'sign-in')
    return {
      kind: 'sign-in',
      because: decision.because,
      sinceMs: run.memory.signInNeeded?.sinceMs ?? null,
    }
  return loginEndsCondition(loginEndsAtMs, run.config.alerts.beforeLoginEndsMs, run.now())
}

/** Where the configuration wants messages to go. */
export async function sinks(run: Run): Promise<Sink[]> {
  const { alerts } = run.config
  const context = {
    user: run.person.user,
    host: run.person.host,
    email: expectedEmail(run.config, run.memory, run.paths.clientConfig),
    runbook: alerts.runbook,
    command: signInCommand(look(run).state, run.now()),
  }
  const found: Sink[] = []
  if (alerts.slack) {
    const { slackSink } = await import('../report/slack.js')
    const { webhookFile } = alerts.slack
    found.push(slackSink({ file: webhookFile, uid: run.person.uid }, context, poster(run)))
  }
  if (alerts.command) {
    const { commandSink } = await import('../report/alert-command.js')
    found.push(commandSink(alerts.command, context, run.env))
  }
  return found
}

function poster(run: Run): Post {
  return async (url, body, { timeoutMs }) => {
    const headers = { 'content-type': 'application/json' }
    const outcome = await send(run.network, { method: 'POST', url, headers, body, timeoutMs })
    if (outcome.kind !== 'reply') throw new Error(outcome.kind)
    return { status: outcome.status }
  }
}

/** Does the decision say whether somebody has to sign in? */
function speaksOfLogin(decision: Decision): boolean {
  return decision.do === 'sign-in' || ['fresh', 'long-lived'].includes(decision.because)
}
