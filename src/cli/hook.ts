// `claude-auth hook EVENT`, where Node was started for it: the hooks are the shell's (bin/hook.sh).

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Env } from '../system/paths.js'

/** Runs the hook with this process's stdin and stdout; always 0, for no hook may hold the client up. */
export async function hook(argv: string[], env: Env): Promise<number> {
  const program = fileURLToPath(new URL('../bin/claude-auth', import.meta.url))
  spawnSync('/bin/sh', [program, 'hook', ...argv], { env: { ...env }, stdio: 'inherit' })
  return 0
}
