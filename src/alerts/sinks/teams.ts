// Microsoft Teams as a sink: one Adaptive Card as a JSON POST to the webhook of a workflow.

import { clean } from '../../text/clean.js'
import { messageLines } from '../message.js'
import type { Markup, SinkFile } from '../sink.js'
import { inspectWebhook, type WebhookKey, webhookSink } from './webhook.js'

// The signature that lets one post (`sig=…`) stands in the address's query.
const key: WebhookKey = { key: 'alerts.teams.webhookFile', service: 'Teams', mayHaveQuery: true }

export const teams: SinkFile = {
  open(run) {
    const at = run.config.alerts.teams
    if (at === null) return null
    return webhookSink('teams', key, at.webhookFile, run, message =>
      cardMessage(messageLines(message, run.context, teamsMarkup)),
    )
  },
  inspect({ config, person }) {
    const at = config.alerts.teams
    return at === null
      ? null
      : { to: 'Teams', trouble: inspectWebhook(key, at.webhookFile, person) }
  },
}

/** What the trigger "When a Teams webhook request is received" takes: an Adaptive Card 1.4, a text block for each line. */
function cardMessage([headline, ...lines]: [string, ...string[]]): object {
  const block = (text: string, more: object = {}) => ({
    type: 'TextBlock',
    text,
    wrap: true,
    ...more,
  })
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [block(headline, { weight: 'Bolder' }), ...lines.map(line => block(line))],
  }
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] }
}

/** The part of Markdown that a text block shows: bold, italics, links, lists. */
export const teamsMarkup: Markup = {
  text: (foreign, widest) =>
    clean(foreign, widest)
      .replaceAll('*', '∗')
      .replaceAll('~', '∼')
      .replaceAll('`', 'ˋ')
      .replaceAll('[', '［')
      .replaceAll(']', '］')
      .replaceAll('\\', '＼')
      .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, edge => 'ˍ'.repeat(edge.length))
      .replaceAll('<', '‹')
      .replaceAll('>', '›'),
  command: words => `“${words}”`,
  link(target) {
    const address = target.replaceAll('(', '%28').replaceAll(')', '%29').replaceAll(' ', '%20')
    return `[the runbook](${address})`
  },
}
