// Renewing by the official client (`renewal.via: client`): its `auth status` refreshes in the last five minutes.

import { spawn } from 'node:child_process'
import { tokenHash } from '../login/login.js'
import { note, type Run, remember } from '../run.js'
import type { Decision } from '../state.js'
import { keepAside } from './keep-aside.js'
import { look, type Seen } from './look.js'
import { waiting } from './settle.js'

/** The client's own limit for a refresh, and its start. */
const limitMs = 45_000

/**
 * Lets the client refresh, after a sealed copy was taken. The result is found in the login file by
 * the next look, as any refresh of the client's is. A client that did not refresh (2.1.197 doesn't
 * in `auth status`) leaves the file as it was: that is written down, and tried again later.
 */
export async function renewByClient(
  run: Run,
  decision: Decision,
  { file }: Seen,
): Promise<boolean> {
  if (run.client === null || file.kind !== 'login' || decision.about === null) return false
  await keepAside(run, file.login, 'before the client renews')
  await runClient(run.client, run.env)
  const now = look(run).file
  const before = tokenHash(file.login.accessToken)
  const after = now.kind === 'login' ? tokenHash(now.login.accessToken) : null
  if (after !== null && after !== before) {
    note(run, 'renew', decision.because, { before, after, detail: 'by the client' })
    remember(run, { backOff: null })
    return true
  }
  const detail =
    after === before ? 'the client did not renew the login' : 'the client left no usable login'
  note(run, 'renew', 'not-renewed', { before, detail })
  remember(run, waiting(run, decision.about, null))
  return false
}

/** `auth status` without a terminal and without any of the caller's descriptors; its output is dropped. */
function runClient(
  client: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  return new Promise(resolve => {
    const child = spawn(client, ['auth', 'status'], {
      stdio: 'ignore',
      cwd: '/',
      env: { ...env },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}
