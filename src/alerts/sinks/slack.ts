// Slack as a sink: one message as a JSON POST to the incoming webhook.

import { clean } from '../../text/clean.js'
import { messageLines } from '../message.js'
import type { Markup, SinkFile } from '../sink.js'
import { inspectWebhook, type WebhookKey, webhookSink } from './webhook.js'

const key: WebhookKey = { key: 'alerts.slack.webhookFile', service: 'Slack', mayHaveQuery: false }

export const slack: SinkFile = {
  open(run) {
    const at = run.config.alerts.slack
    if (at === null) return null
    return webhookSink('slack', key, at.webhookFile, run, message => ({
      text: messageLines(message, run.context, slackMarkup).join('\n'),
      unfurl_links: false,
      unfurl_media: false,
    }))
  },
  inspect({ config, person }) {
    const at = config.alerts.slack
    return at === null
      ? null
      : { to: 'Slack', trouble: inspectWebhook(key, at.webhookFile, person) }
  },
}

/** Slack's mrkdwn, in which `&`, `<` and `>` are escaped. */
export const slackMarkup: Markup = {
  text: slackPlain,
  command: words => `\`${words}\``,
  link(target) {
    const address = target.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')
    return `<${address.replaceAll('&', '&amp;')}>`
  },
}

/**
 * Foreign text inside Slack's markup: `&`, `<`, `>` as entities; the signs for bold, struck, code and
 * (at a word's edge) italics replaced by signs that look like them; `@channel` and the like broken.
 */
function slackPlain(text: string, widest: number): string {
  return clean(text, widest)
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('`', 'ˋ')
    .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, edge => 'ˍ'.repeat(edge.length))
    .replace(/@(?=channel|here|everyone|group)/gi, '＠')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
