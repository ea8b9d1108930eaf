// What V8 made of our bundle in an earlier run, kept in the user’s cache folder, so that others need not compile it again.
//
// Node's own compile cache would do, but Node 20 has none, and what it keeps is what a first run happened to use.

import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  readdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { bytesOf, openOwn, startOf } from './open-file.js'
import type { Env } from './paths.js'
import { distrustOf } from './trusted-path.js'
import { atomicWrite, freshNonce, makePrivateFolder } from './write-file.js'

/** Where the code is kept: `name` changes with everything that it depends on. */
export interface CodePlace {
  folder: string
  name: string
}

/**
 * What a kept file begins with: the SHA-256 of the source and the code. V8 looks at none: of the source
 * it knows the length, and damaged code can crash it.
 */
const checksumBytes = 32
/** Many times the largest. */
const codeMaxBytes = 256 * 1024 * 1024
/** Since it was written: what is still wanted by then is written again. */
const forgottenMs = 30 * 24 * 3600_000

/** `$XDG_CACHE_HOME/claude-auth`, normally `~/.cache/claude-auth`; null without a home. */
export function codeFolder({ HOME = '', XDG_CACHE_HOME = '' }: Env): string | null {
  if (XDG_CACHE_HOME.startsWith('/')) return `${XDG_CACHE_HOME}/claude-auth`
  return HOME.startsWith('/') ? `${HOME}/.cache/claude-auth` : null
}

/**
 * One file in `codeFolder` for each bundle and Node. Null where nothing is to be kept: in another user's
 * home or cache folder, where others could put something in their place, or with `NODE_DISABLE_COMPILE_CACHE` (as in Node 22). What is kept is run as it is,
 * so only the user's own files count.
 */
export function codePlace(env: Env, bundle: string): CodePlace | null {
  const folder = codeFolder(env)
  if (folder === null || env['NODE_DISABLE_COMPILE_CACHE']) return null
  const user = process.geteuid?.() ?? -1
  if (statOf(env['HOME'] || '/')?.uid !== user || ownerAbove(folder) !== user) return null
  if (distrustOf(folder, user) !== null) return null
  // A distribution mends its Node without another version, of which V8 knows nothing.
  const node = statOf(process.execPath)
  if (node === undefined) return null
  const build = `${process.version}-${process.arch}-${node.size}-${Math.floor(node.mtimeMs / 1000)}`
  return { folder, name: `${bundle}-${build}` }
}

/** Whose the nearest folder above `path` is that is there: what is missing would be made in it. */
function ownerAbove(path: string): number | undefined {
  const above = dirname(path)
  return statOf(above)?.uid ?? (above === path ? undefined : ownerAbove(above))
}

/** Undefined if it can't be read, for any reason. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

export interface Compiled {
  /** What the script gives: for a CommonJS bundle, the function that Node wraps around a module. */
  value: unknown
  /**
   * Keeps the functions that were compiled by now, if nothing usable was kept before; with `mayGrow` also if
   * that was a tenth less (to find out costs 15 ms). `nowMs` (epoch) tells which files of earlier versions
   * are old. Never throws: without it, the next run compiles again.
   */
  keep(nowMs: number, mayGrow: boolean): void
}

/** Is something kept in `place`, usable or not? */
export function isKept({ folder, name }: CodePlace): boolean {
  return existsSync(join(folder, name))
}

/** Runs `source` (one-byte characters) as the script `path`, from the code kept in `place` where that is possible. */
export function runCompiled(source: Buffer, path: string, place: CodePlace | null): Compiled {
  const kept = place === null ? undefined : readKept(place, source)
  const options = { filename: path, ...(kept ? { cachedData: kept } : {}) }
  const script = new Script(source.toString('latin1'), options)
  const usable = script.cachedDataRejected === false ? kept : undefined
  return {
    value: script.runInThisContext(),
    keep: (nowMs, mayGrow) => {
      if (place === null || (usable !== undefined && !mayGrow)) return
      const code = script.createCachedData()
      if (usable === undefined || code.length > usable.length * 1.1)
        write(place, source, code, nowMs)
    },
  }
}

function readKept({ folder, name }: CodePlace, source: Buffer): Buffer | undefined {
  try {
    if (!isOwn(folder)) return undefined
    const file = openOwn(join(folder, name), constants.O_RDONLY)
    try {
      if ((fstatSync(file).mode & 0o022) !== 0) return undefined
      const bytes = bytesOf(file, codeMaxBytes)
      if (bytes === null) return undefined
      const code = bytes.subarray(checksumBytes)
      const isWhole = checksumOf(source, code).equals(bytes.subarray(0, checksumBytes))
      return isWhole ? code : undefined
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

function checksumOf(source: Buffer, code: Buffer): Buffer {
  return createHash('sha256').update(source).update(code).digest()
}

/** Not synced to disk: what a crash of the machine leaves of it has another checksum. */
function write({ folder, name }: CodePlace, source: Buffer, code: Buffer, nowMs: number): void {
  try {
    makePrivateFolder(folder)
    if (!isOwn(folder)) return
    const bytes = Buffer.concat([checksumOf(source, code), code])
    atomicWrite(join(folder, name), bytes, { nonce: freshNonce(), durable: false })
    forgetOld(folder, nowMs)
  } catch {
    // A full or read-only home.
  }
}

/** Removes the unused code of earlier versions. */
function forgetOld(folder: string, nowMs: number): void {
  removeCode(folder, stat => nowMs - stat.mtimeMs > forgottenMs)
}

/** The name that `codePlace` gives: a bundle of ours and the Node that made the code. */
const codeName = /^(?:main|engine|status)-[0-9a-f]{16}\.cjs-v\d+\.\d+\.\d+-[a-z0-9]+-\d+-\d+$/
/** Bytes 2 and 3 of V8's code, behind our checksum, whatever Node made it (`SerializedCodeData::kMagicNumber`). */
const v8Magic = 0xc0de

/**
 * Removes kept code for which `isUnwanted` holds from `folder`, and nothing else: only what by name, owner and content is
 * code of ours, in a folder that only this user and root can change (other things may lie there, as with
 * `XDG_CACHE_HOME=~/.local/share`). Throws the system's error where a file can't be removed.
 */
export function removeCode(folder: string, isUnwanted: (stat: Stats) => boolean): void {
  const uid = process.geteuid?.() ?? -1
  if (!isOwn(folder) || distrustOf(folder, uid) !== null) return
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (codeName.test(name) && isCode(path, isUnwanted)) unlinkSync(path)
  }
}

function isCode(path: string, isUnwanted: (stat: Stats) => boolean): boolean {
  let file: number | null = null
  try {
    file = openOwn(path, constants.O_RDONLY)
    if (!isUnwanted(fstatSync(file))) return false
    const start = startOf(file, checksumBytes + 4)
    return start.length === checksumBytes + 4 && start.readUInt16LE(checksumBytes + 2) === v8Magic
  } catch {
    return false
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** A folder of this user that no other user can write to. */
function isOwn(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isDirectory()) return false
  return stat.uid === process.geteuid?.() && (stat.mode & 0o022) === 0
}
