// `claude-auth demo`: the guided demo.

import type { Env } from '../system/paths.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'demo',
  group: 'plumbing',
  summary: 'see it work, with a throwaway home and server',
  about:
    'Shows in under half a minute what a user would see: a login renewed, restored, and one that needs a person; with a throwaway home and a stand-in server on this machine.',
  flags: {},
  notes: [],
  examples: ['claude-auth demo'],
} as const satisfies CommandEntry

/** Tells the story and gives its exit code: 0, or 1 when a scene did not come out as told. */
export async function demo(argv: string[], env: Env): Promise<number> {
  readFlags(entry, argv)
  const { guidedDemo } = await import('../demo/story.js')
  return guidedDemo(env, process.stdout)
}
