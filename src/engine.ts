// `ensure` alone, as a bundle of its own: half as much for Node to read and compile while a launch waits.

import { ensure } from './commands/ensure.js'
import { exitCodeOf } from './exit-code.js'
import type { Env } from './host/paths.js'

/** As `main` of main.ts, for `ensure` and no word of help. */
export async function main([, ...rest]: string[], env: Env): Promise<number> {
  return exitCodeOf(() => ensure(rest, env))
}
