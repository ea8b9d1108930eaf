// Sweeping: half-written temporary files of killed processes, which may hold a token, are removed.

import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { removeQuietly } from '../host/atomic-write.js'
import type { Run } from '../run.js'

/** No write takes so long: a client's temporary file as old as that has nobody who will rename it. */
const abandonedMs = 60_000

/** Ours (the caller holds the gate, so nobody is writing them), and a client's that was abandoned. */
export function sweepTemporaries(run: Run): void {
  const { loginFile, state } = run.paths
  for (const name of names(state)) if (isOurs(name)) removeQuietly(join(state, name))
  const folder = dirname(loginFile)
  const prefix = `${basename(loginFile)}.tmp.`
  for (const name of names(folder)) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{8}$/.test(name.slice(prefix.length))) continue
    const about = lstatSync(join(folder, name), { throwIfNoEntry: false })
    if (about && run.now() - about.mtimeMs > abandonedMs) removeQuietly(join(folder, name))
  }
}

function isOurs(name: string): boolean {
  return /\.tmp\.[0-9a-f]{8,16}$/.test(name)
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
