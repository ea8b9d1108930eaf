// The real client: found by the wrapper's own search, so that there is one rule, and run for what only it can do.

import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Env } from '../system/paths.js'

/**
 * The absolute path of the real `claude`, or null when there is none but our wrapper. `configured`: the one that the
 * configuration names, which goes before PATH.
 */
export function findClient(env: Env, configured: string | null): string | null {
  const script = fileURLToPath(new URL('../bin/find-client.sh', import.meta.url))
  const { status, stdout } = spawnSync('/bin/sh', [script], {
    env: { ...env, ca_configured: configured ?? '' },
    encoding: 'utf8',
    timeout: 5_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const path = stdout?.split('\n')[0] ?? ''
  return status === 0 && path.startsWith('/') ? path : null
}

/** Its exit code; 130 after Ctrl-C, which is the client's to hear. */
export function clientOnTerminal(client: string, args: string[], env: Env): Promise<number> {
  let interrupted = false
  const stay = () => {
    interrupted = true
  }
  process.on('SIGINT', stay)
  return new Promise(resolve => {
    const child = spawn(client, args, { stdio: 'inherit', env: { ...env } })
    const done = (code: number) => {
      process.off('SIGINT', stay)
      resolve(code)
    }
    child.on('error', () => done(127))
    child.on('exit', code => done(code !== 0 && interrupted ? 130 : (code ?? 130)))
  })
}

/** The client's own limit for a refresh, and its start. */
const refreshMs = 45_000

/** `auth status`, in which a client refreshes a login that is due: without a terminal or any of the caller's descriptors. Its output is dropped. */
export function letClientRenew(client: string, env: Env): Promise<void> {
  return new Promise(resolve => {
    const child = spawn(client, ['auth', 'status'], {
      stdio: 'ignore',
      cwd: '/',
      env: { ...env },
      timeout: refreshMs,
      killSignal: 'SIGKILL',
    })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}
