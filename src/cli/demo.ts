// `claude-auth demo`: the guided demo.

import type { Env } from '../system/paths.js'
import { readFlags } from './command.js'
import { demo as entry } from './entries/plumbing.js'

/** Tells the story and gives its exit code: 0, or 1 when a scene did not come out as told. */
export async function demo(argv: string[], env: Env): Promise<number> {
  readFlags(entry, argv)
  const { guidedDemo } = await import('../demo/story.js')
  return guidedDemo(env, process.stdout)
}
