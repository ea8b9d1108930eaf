// The manifest: the changes of an installation and the state before them, enough to revert exactly those.

import { dirname, normalize } from 'node:path'
import { anyObject, jsonObject, listOf, object, oneOf, text, whole } from '../system/json.js'
import { requireBytes } from '../system/open-file.js'
import { AuthError } from '../system/trouble.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import type { Make } from './desired-state.js'
import type { PathState } from './inspect.js'

/** `before`: what stood at `path` before us; `after`: the digests of what we left there, the latest first. */
export interface Entry {
  path: string
  make: Make
  before: PathState
  after: string[]
}

/** What was asked for, so that a later run without flags keeps it. */
export interface Choices {
  custody: 'sole' | 'shared'
  /** A folder whose skills, rules, agents and commands new users share. */
  base: string | null
  /** A rules file for all agents: its name, and what it says. An earlier version knew none. */
  instructions?: { name: string; text: string } | null
}

/** `complete` is false from before the first change to after the last: a second run finishes. */
export interface Manifest {
  formatVersion: 1
  version: string
  complete: boolean
  choices: Choices
  entries: Entry[]
}

/** A record of files of a machine, of 4 MiB each at most. */
const maxBytes = 256 * 1024 * 1024

const manifestIn = whole<Manifest>(
  object({
    formatVersion: oneOf(1),
    choices: anyObject,
    entries: listOf(object({ path: text })),
  }),
)

/**
 * The manifest at `path`, or null when there is none. Only one that `uid` wrote is believed.
 * Throws `not-private` for any other.
 */
export function readManifest(path: string, uid: number): Manifest | null {
  const bytes = requireBytes(path, {
    maxBytes,
    links: 'refuse',
    judge: stat => (Number(stat.uid) === uid ? null : 'belongs to another user'),
  })
  if (bytes === null) return null
  const manifest = manifestIn(jsonObject(bytes))
  // What is removed by it is below its root.
  const isPlain = ({ path: each }: Entry) => !each.startsWith('/') || normalize(each) === each
  if (manifest === undefined || !manifest.entries.every(isPlain))
    throw new AuthError('not-private', `${path} is not a manifest of an installation`, {
      hint: `mv ${path} ${path}.aside`,
    })
  return manifest
}

/** Private, since files of other people's may hold secrets. */
export function writeManifest(path: string, manifest: Manifest): void {
  makePrivateFolder(dirname(path))
  atomicWrite(path, `${JSON.stringify(manifest, null, 2)}\n`, { nonce: freshNonce() })
}

/** Our own configuration. It is reverted first, so that no run takes a token into custody again. */
export function isConfig({ make }: Entry): boolean {
  return make.kind === 'part' && make.part.in === 'config'
}

/** The names of the timers that were installed, each once. */
export function timersIn(manifest: Manifest | null): string[] {
  const names = (manifest?.entries ?? []).flatMap(
    ({ path }) => /[^/]+\.timer$/.exec(path)?.[0] ?? [],
  )
  return [...new Set(names)]
}
