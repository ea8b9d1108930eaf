// The real clients that the project promises to work with: newest, and newest of the older line.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A program fetched by `scripts/peers.mjs`. */
export interface Peer {
  name: string
  version: string
  /** Absolute path of the program; empty where `skip` says why there is none. */
  path: string
  /** For tap's `skip` option. */
  skip: string | false
}

const script = fileURLToPath(new URL('../../scripts/peers.mjs', import.meta.url))

/** Fetches peers that are not there yet. Under `CI=true` a missing one is an error, not a skip. */
export function fetchPeers(...names: string[]): Peer[] {
  const child = spawnSync(process.execPath, [script, '--json', ...names], { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`peers are missing: ${child.stderr}`)
  return JSON.parse(child.stdout) as Peer[]
}

/** 2.1.332 (`new`) or 2.1.197 (`old`). */
export function realClient(name: 'new' | 'old'): Peer {
  const [peer] = fetchPeers(`claude-${name}`)
  if (peer === undefined) throw new Error(`no client ${name}`)
  return peer
}

/** Both, newest first: `for (const client of realClients()) t.test(…, { skip: client.skip }, …)`. */
export function realClients(): Peer[] {
  return fetchPeers('claude-new', 'claude-old')
}
