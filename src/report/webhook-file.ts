// The file with Slack's webhook address: private, and what it may hold.

import { serverAddress } from '../host/endpoint.js'
import { AuthError } from '../host/error.js'
import { readPrivateFile } from '../host/private-path.js'

/**
 * The webhook's address, the only line of `path`: https, or http on loopback. The file is `uid`'s own
 * (0600) or root's, readable through its group at most (0640). No message tells the address.
 * @throws AuthError `secret-readable-by-others`, `not-private`, or `config-invalid`
 */
export function readWebhook(path: string, uid: number): string {
  const text = readPrivateFile(path, { uid, rootMayShare: true })
  const address = text === null ? null : serverAddress(text.trim())
  if (address !== null) return address
  const what = text === null ? 'is not there' : 'holds no https address'
  throw new AuthError('config-invalid', `${path} (alerts.slack.webhookFile) ${what}`, {
    hint: `(umask 077; vi ${path})`,
  })
}
