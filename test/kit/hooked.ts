// A sandbox whose client has our hooks in its settings, as install puts them there.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { hookEntries } from '../../src/install/shipped.js'
import { processesOf } from './run.js'
import { type Wrapped, type WrappedOptions, wrapped } from './wrapped.js'

export interface Hooked extends Wrapped {
  /** Starts of Node for our hooks and launches so far: the words that each was given. */
  nodeStarts(): string[]
  /** Waits until nothing of ours is at work, while sessions of the client go on. */
  quiet(): Promise<void>
}

/** What the shell asks once about the configuration is no check. */
const isCheck = (words: string) => !/ ensure --for shell( |$)/.test(words)

/** The real client (or none) without the wrapper is `box.run('claude', …)`; with it, `box.launch(…)`. */
export async function hooked(t: Test, options: WrappedOptions = {}): Promise<Hooked> {
  const box = await wrapped(t, options)
  const program = dirname(dirname(box.wrapper))
  const starts = join(box.home.path, 'node-starts')
  // The Node that install records: it is counted, and becomes the real one.
  const node = `#!/bin/sh\nprintf '%s\\n' "$*" >>'${starts}'\nexec '${join(box.home.tools, 'node')}' "$@"\n`
  box.home.write(join(program, 'node'), node, 0o755)
  box.home.write(
    join(box.home.paths.folder, 'settings.json'),
    JSON.stringify(hookEntries(program), null, 2),
  )
  return {
    ...box,
    nodeStarts: () =>
      existsSync(starts)
        ? readFileSync(starts, 'utf8').split('\n').slice(0, -1).filter(isCheck)
        : [],
    quiet: async () => {
      const endMs = performance.now() + 60_000
      const ours = async () => (await processesOf(box.home.path)).filter(isOurs)
      while ((await ours()).length > 0) {
        if (performance.now() > endMs) throw new Error('our work does not end')
        await sleep(20)
      }
    },
  }
}

function isOurs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('/bin/claude-auth')
  } catch {
    return false
  }
}
