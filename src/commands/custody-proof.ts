// Proof that sole custody can be served here: our installed program starts, and reaches the login server.

import { spawnSync } from 'node:child_process'
import { networkOf } from '../anthropic/network.js'
import { reach } from '../anthropic/reach.js'
import { readClientSettings, settingsFolder } from '../host/client-settings.js'
import { currentFolder } from '../host/current-folder.js'
import { systemCode } from '../host/error.js'
import type { Env } from '../host/paths.js'
import { quoted } from '../host/quoted.js'
import { configOf, type Place } from '../place.js'
import { tlsWords } from '../report/trouble-words.js'

const startLimitMs = 20_000
const serverLimitMs = 10_000

/** Why the program `path` can't be started, with what to type; null where it was seen to run. */
export function whyNotStarted(path: string, env: Env): string | null {
  const { error, status } = spawnSync(path, ['--version'], {
    env: { ...env },
    cwd: '/',
    stdio: 'ignore',
    timeout: startLimitMs,
  })
  if (status === 0) return null
  const code = systemCode(error)
  const why =
    code === 'EACCES'
      ? 'is not allowed to start here'
      : `does not start (${code ?? `exit code ${status}`})`
  return `${path} ${why}; type: findmnt -no OPTIONS -T ${quoted(path)}`
}

/** Why the login server is not reached from here; null where it answered a request without a credential. */
export async function whyNotReached(place: Place, env: Env): Promise<string | null> {
  const folder = settingsFolder(env, place.person.home)
  const settings = await readClientSettings({ folder, cwd: currentFolder() })
  const { endpoints } = await configOf(place, env, { readOnly: true })
  const found = await reach(networkOf(env, settings), endpoints.oauth, serverLimitMs)
  if (found.kind === 'reached') return null
  return found.tls
    ? tlsWords(found.what)
    : `${endpoints.oauth} is not reached (${found.what}); type: claude-auth doctor --only network`
}
