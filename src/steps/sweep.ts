// Sweeping: half-written temporary files of killed processes, which may hold a token, are removed.

import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { removeQuietly } from '../host/atomic-write.js'
import type { Run } from '../run.js'

/**
 * No write takes so long: a temporary file as old as that has nobody who will rename it. A younger one may be
 * another host's of ours, where the gate keeps out only one host's processes.
 */
const abandonedMs = 60_000

/** Ours and the client's, as far as they were abandoned. */
export function sweepTemporaries(run: Run): void {
  const { loginFile, state } = run.paths
  const folder = dirname(loginFile)
  const prefix = `${basename(loginFile)}.tmp.`
  const isClients = (name: string) =>
    name.startsWith(prefix) && /^[0-9a-f]{8}$/.test(name.slice(prefix.length))
  const found = [
    ...names(state).flatMap(name => (isOurs(name) ? [join(state, name)] : [])),
    ...names(folder).flatMap(name => (isClients(name) ? [join(folder, name)] : [])),
  ]
  for (const path of found) {
    const about = lstatSync(path, { throwIfNoEntry: false })
    // Marks get times of their own choosing.
    if (about && run.now() - about.ctimeMs > abandonedMs) removeQuietly(path)
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
