// The file with Slack's webhook address: private, and what it may hold.

import { serverAddress } from '../host/endpoint.js'
import { AuthError, systemCode } from '../host/error.js'
import { readPrivateFile } from '../host/open-file.js'
import { quoted } from '../host/quoted.js'

/** The group that install makes for it. */
const group = 'claude-auth'

/**
 * The webhook's address, the only line of `path`: https, or http on loopback. The file is `uid`'s own
 * (0600) or root's, readable through its group at most (0640). No message tells the address.
 * @throws AuthError `secret-readable-by-others`, `not-private`, or `config-invalid`
 */
export function readWebhook(path: string, uid: number): string {
  const text = textOf(path, uid)
  const address = text === null ? null : serverAddress(text.trim())
  if (address !== null) return address
  const what = text === null ? 'is not there' : 'holds no https address'
  throw new AuthError('config-invalid', `${path} (alerts.slack.webhookFile) ${what}`, {
    hint: isForAll(path)
      ? `sudo install -D -m 640 -g ${group} /dev/stdin ${quoted(path)}`
      : `(umask 077; vi ${quoted(path)})`,
  })
}

/** A file of the machine is root's and for all users: closed to all but one, it would tell nobody any more. */
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
