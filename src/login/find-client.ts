// Finding the real client: the wrapper's own search, asked from here, so that there is one rule.

import { spawnSync } from 'node:child_process'
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
