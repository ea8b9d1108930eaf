// Many launches at the same moment, with a client that tells which login it started with.

import { createHash } from 'node:crypto'
import type { Run } from './run.js'
import type { Sandbox } from './sandbox.js'

/** A client that prints the SHA-256 of the access token that it finds, as `tokenLine` does. */
export const tokenClient = `#!/bin/sh
sed -n 's/.*"accessToken":"\\([^"]*\\)".*/\\1/p' "$HOME/.claude/.credentials.json" |
  tr -d '\\n' | sha256sum | cut -c1-64
`

/** What `tokenClient` prints where the file holds this access token. */
export function tokenLine(accessToken: string): string {
  return `${createHash('sha256').update(accessToken).digest('hex')}\n`
}

/** `count` launches, started without a pause. */
export function atOnce(box: Pick<Sandbox, 'launch'>, count: number): Promise<Run[]> {
  const launch = () => box.launch(['-p', 'hi'], { timeoutMs: 180_000 })
  return Promise.all(Array.from({ length: count }, launch))
}

/** How many ended well, said nothing, and printed `stdout`. */
export function silentOnes(runs: Run[], stdout: string): number {
  return runs.filter(run => run.code === 0 && run.stderr === '' && run.stdout === stdout).length
}
