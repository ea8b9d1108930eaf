// `claude-auth demo`: the guided demo.

import { parseArgs } from 'node:util'
import { AuthError } from '../host/error.js'
import type { Env } from '../host/paths.js'

/** Tells the story and gives its exit code: 0, or 1 when a scene did not come out as told. */
export async function demo(argv: string[], env: Env): Promise<number> {
  try {
    parseArgs({ args: argv, options: {}, strict: true })
  } catch {
    throw new AuthError('usage', 'demo takes no arguments', { hint: 'claude-auth demo --help' })
  }
  const { guidedDemo } = await import('../demo/story.js')
  return guidedDemo(env, process.stdout)
}
