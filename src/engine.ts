// The engine and the look at it, `ensure` and `status`, as a bundle of their own: half as much for Node to read and compile.

import { ensure } from './cli/ensure.js'
import { exitCodeOf } from './cli/exit-code.js'
import { status } from './cli/status.js'
import type { Env } from './system/paths.js'

/** As `main` of main.ts, for these two and no word of help. */
export async function main([name, ...rest]: string[], env: Env): Promise<number> {
  const command = name === 'status' ? status : ensure
  return exitCodeOf(() => command(rest, env))
}
