// Slack as a sink: one message as a JSON POST to the incoming webhook.

import type { AlertContext } from './alert-text.js'
import { slackText } from './alert-text.js'
import type { Sink, SinkAnswer } from './deliver.js'
import { readWebhook } from './webhook-file.js'

/** Sends `body` (JSON) and gives the reply's status; rejects when there was no reply in time. */
export type Post = (
  url: string,
  body: string,
  options: { timeoutMs: number },
) => Promise<{ status: number }>

/**
 * The sink for the webhook in `webhook.file`, read as `webhook.uid`, the effective user. Who holds that address can post, so no error and no
 * answer tells it; a file that others may read is refused (`secret-readable-by-others`).
 */
export function slackSink(
  webhook: { file: string; uid: number },
  context: AlertContext,
  post: Post,
): Sink {
  return {
    name: 'slack',
    async send(message, { timeoutMs }) {
      const url = readWebhook(webhook.file, webhook.uid)
      const text = slackText(message, context)
      const body = JSON.stringify({ text, unfurl_links: false, unfurl_media: false })
      return await postOnce(post, url, body, timeoutMs)
    },
  }
}

async function postOnce(
  post: Post,
  url: string,
  body: string,
  timeoutMs: number,
): Promise<SinkAnswer> {
  try {
    const { status } = await post(url, body, { timeoutMs })
    if (status >= 200 && status < 300) return { taken: true }
    return { taken: false, why: `Slack answered ${Number(status)}` }
  } catch {
    // Whatever it is, it may hold the address.
    return { taken: false, why: 'Slack gave no answer' }
  }
}
