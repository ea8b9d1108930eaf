// Webhooks: a private file with an address, and one JSON POST to it. Anyone with the address can post, so it is never printed.

import { send } from '../../anthropic/http.js'
import type { SinkName } from '../../config/alerts.js'
import { secretAddress, serverAddress } from '../../system/endpoint.js'
import { readPrivateFile } from '../../system/open-file.js'
import { AuthError, errorTrouble, quoted, systemCode } from '../../system/trouble.js'
import type { AlertMessage } from '../memory.js'
import type { Sink, SinkResult, SinkRun, SinkState } from '../sink.js'

/** The group that install makes for such files. */
const group = 'claude-auth'

/** What a service's webhook is called in the configuration and in words. */
export interface WebhookKey {
  /** `alerts.slack.webhookFile` */
  key: string
  /** `Slack` */
  service: string
  /** The secret of some addresses stands in their query. */
  mayHaveQuery: boolean
}

/** A sink that posts `bodyOf(message)` as JSON to the address in `file`. Any 2xx is taken. */
export function webhookSink(
  name: SinkName,
  key: WebhookKey,
  file: string,
  run: SinkRun,
  bodyOf: (message: AlertMessage) => object,
): Sink {
  const { service } = key
  return {
    name,
    async send(message, { timeoutMs }): Promise<SinkResult> {
      const url = readWebhook(key, file, run.person.uid)
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify(bodyOf(message))
      try {
        const reply = await send(run.network, { method: 'POST', url, headers, body, timeoutMs })
        if (reply.kind !== 'reply') return { taken: false, why: `${service} gave no answer` }
        if (reply.status >= 200 && reply.status < 300) return { taken: true }
        return { taken: false, why: `${service} answered ${reply.status}` }
      } catch {
        // It may hold the address.
        return { taken: false, why: `${service} gave no answer` }
      }
    },
  }
}

/** What is wrong with the file; null: nothing. */
export function inspectWebhook(
  key: WebhookKey,
  file: string,
  { uid }: { uid: number },
): SinkState['trouble'] {
  try {
    readWebhook(key, file, uid)
    return null
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return errorTrouble(error)
  }
}

/**
 * The webhook's address, the only line of `path`: https, or http on loopback. The file is `uid`'s own
 * (0600) or root's, readable through its group at most (0640). No message tells the address.
 * @throws AuthError `secret-readable-by-others`, `not-private`, or `config-invalid`
 */
export function readWebhook({ key, mayHaveQuery }: WebhookKey, path: string, uid: number): string {
  const text = textOf(path, uid)
  const read = mayHaveQuery ? secretAddress : serverAddress
  const address = text === null ? null : read(text.trim())
  if (address !== null) return address
  const what = text === null ? 'is not there' : 'holds no https address'
  throw new AuthError('config-invalid', `${path} (${key}) ${what}`, {
    hint: isForAll(path)
      ? `sudo install -D -m 640 -g ${group} /dev/stdin ${quoted(path)}`
      : `(umask 077; vi ${quoted(path)})`,
  })
}

/** A machine-wide file belongs to root and serves all users: readable by only one, it would stop the others' alerts. */
function isForAll(path: string): boolean {
  return path.startsWith('/etc/')
}

function textOf(path: string, uid: number): string | null {
  try {
    return readPrivateFile(path, { uid, rootMayShare: true })
  } catch (error) {
    if (!(error instanceof AuthError) || !isForAll(path)) throw error
    const isBarred = systemCode(error.cause) === 'EACCES'
    if (error.code !== 'secret-readable-by-others' && !isBarred) throw error
    const share = `sudo chown root:${group} ${quoted(path)} && sudo chmod 640 ${quoted(path)}`
    const join = ` && sudo usermod -aG ${group} "$(id -un)"`
    throw new AuthError(error.code, error.message, { hint: `${share}${isBarred ? join : ''}` })
  }
}
