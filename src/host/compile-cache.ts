// What V8 made of our bundle in an earlier run, kept in the user's cache folder, so that the next one need not compile it again.
//
// Node's own compile cache would do, but Node 20 has none, and what it keeps is what a first run happened to use.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { atomicWrite, makePrivateFolder, removeQuietly } from './atomic-write.js'
import type { Env } from './paths.js'

/** Where the code of one command is kept: `name` changes with everything that the code depends on. */
export interface CodePlace {
  folder: string
  name: string
}

/** What is typed often, or waited for. */
const keptFor = ['ensure', 'status', 'doctor', 'log', '--help']
/** Longer than anything is left unused that is still wanted. */
const forgottenMs = 30 * 24 * 3600_000

/** `$XDG_CACHE_HOME/claude-auth`, normally `~/.cache/claude-auth`; null without a home. */
export function codeFolder({ HOME = '', XDG_CACHE_HOME = '' }: Env): string | null {
  if (XDG_CACHE_HOME.startsWith('/')) return `${XDG_CACHE_HOME}/claude-auth`
  return HOME.startsWith('/') ? `${HOME}/.cache/claude-auth` : null
}

/**
 * One file in `codeFolder` for each command, bundle and Node. Null where nothing is to be kept: for other
 * commands, in somebody else's home, or with `NODE_DISABLE_COMPILE_CACHE` (as in Node 22). What is kept is
 * run as it is, so only the user's own files count.
 */
export function codePlace(env: Env, word: string | undefined, bundle: string): CodePlace | null {
  const folder = codeFolder(env)
  if (folder === null || env['NODE_DISABLE_COMPILE_CACHE'] || !keptFor.includes(word ?? ''))
    return null
  const home = statSync(env['HOME'] || '/', { throwIfNoEntry: false })
  if (home?.uid !== process.geteuid?.()) return null
  return { folder, name: `${word}-${bundle}-${process.version}-${process.arch}` }
}

export interface Compiled {
  /** What the script gives: for a CommonJS bundle, the function that Node wraps around a module. */
  value: unknown
  /**
   * Keeps the functions that were compiled by now, if nothing usable was kept before; with `grown`, also if
   * there are a tenth more of them. Never throws: without it, the next run compiles anew.
   */
  keep(grown: boolean): void
}

/** Runs `source` (one-byte characters) as the script `path`, from the code kept in `place` where that is possible. */
export function runCompiled(source: string, path: string, place: CodePlace | null): Compiled {
  const kept = place === null ? undefined : readKept(place)
  const script = new Script(source, { filename: path, ...(kept ? { cachedData: kept } : {}) })
  const isUsable = kept !== undefined && script.cachedDataRejected === false
  return {
    value: script.runInThisContext(),
    keep: grown => {
      if (place === null || (isUsable && !grown)) return
      const code = script.createCachedData()
      if (!isUsable || code.length > kept.length * 1.1) write(place, code)
    },
  }
}

function readKept({ folder, name }: CodePlace): Buffer | undefined {
  try {
    if (!isOwn(folder)) return undefined
    const file = openSync(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const { uid, mode } = fstatSync(file)
      return uid === process.geteuid?.() && (mode & 0o022) === 0 ? readFileSync(file) : undefined
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

/** Synced to disk: a file that a crash left half empty would be run. */
function write({ folder, name }: CodePlace, code: Buffer): void {
  try {
    makePrivateFolder(folder)
    if (!isOwn(folder)) return
    atomicWrite(join(folder, name), code, { nonce: String(process.pid) })
    forgetOld(folder)
  } catch {
    // A full or read-only home.
  }
}

/** What earlier versions left. */
function forgetOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (Date.now() - statSync(path).mtimeMs > forgottenMs) removeQuietly(path)
  }
}

/** A folder of this very user that nobody else can write to. */
function isOwn(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isDirectory()) return false
  return stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0
}
