// Sealing at rest (JWE, RFC 7516: `dir` with A256GCM) and the key for it: made once, private, or kept elsewhere by the machine's admin.

import { createHash } from 'node:crypto'
import { linkSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { namingOwner } from '../system/access.js'
import { readBounded, readPrivateBytes, textAt } from '../system/open-file.js'
import { AuthError, errorTrouble, quoted, systemCode, type Trouble } from '../system/trouble.js'
import { othersMayWrite } from '../system/trusted-path.js'
import {
  atomicWrite,
  makePrivateFolder,
  removeQuietly,
  temporaryPath,
} from '../system/write-file.js'

export interface KeyPlace {
  /** `~/.local/share/claude-auth`. */
  folder: string
  /** The key elsewhere (`local.keyFile`), which is then never made by us; null: `<folder>/key`. */
  keyFile: string | null
  /** The place of the key at an earlier run, as our own state remembers it. */
  earlierKeyFile?: string | null
  uid: number
  /** Never makes a key; default false. */
  readOnly?: boolean
  nonce: () => string
  randomBytes: (count: number) => Buffer
}

/** What was opened, and whether it took a key that the one in force came after. */
export interface Opened {
  bytes: Buffer
  isEarlierKey: boolean
}

export interface Keys {
  /** With the key in force. */
  seal: (bytes: Uint8Array) => Promise<string>
  /**
   * With the key in force, else with our own or one that was configured before; null: with none of them.
   * What `text` says of its key is ignored: a forger could name any file.
   */
  open: (text: string) => Promise<Opened | null>
}

/**
 * Reads the key, making our own at first use and where it was lost, unless `readOnly`. Throws `AuthError`
 * where it is not as it must be.
 */
export async function loadKeys(place: KeyPlace): Promise<Keys> {
  const own = join(place.folder, 'key')
  const path = place.keyFile ?? own
  const found = readKey(place, path)
  const isOurs = place.keyFile === null && !place.readOnly
  if (isOurs && !isKey(found)) makeKey(place, path)
  const key = sealingKey(checkedKey(place, path, readKey(place, path)))
  if (place.keyFile !== null && !place.readOnly) record(place, place.keyFile)
  return {
    seal: bytes => seal(key, bytes, place.keyFile ?? undefined),
    open: async text => {
      const bytes = await open(key, text)
      if (bytes !== null) return { bytes, isEarlierKey: false }
      for (const earlier of new Set([own, ...recorded(place)])) {
        const other = earlier === path ? null : usableKey(place, earlier)
        const opened = other === null ? null : await open(sealingKey(other), text)
        if (opened !== null) return { bytes: opened, isEarlierKey: true }
      }
      return null
    },
  }
}

/** A key from a key file's bytes, in any form (random bytes, text, a systemd credential). */
export function sealingKey(keyFileBytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(keyFileBytes).digest()
}

/** A compact JWE of `bytes`; it tells the key's name where that is given, for people and earlier versions. */
export async function seal(key: Uint8Array, bytes: Uint8Array, keyName?: string): Promise<string> {
  const { CompactEncrypt } = await import('jose/jwe/compact/encrypt')
  const name = keyName === undefined ? {} : { kid: keyName }
  const header = { alg: 'dir', enc: 'A256GCM', ...name }
  return new CompactEncrypt(bytes).setProtectedHeader(header).encrypt(key)
}

/** The sealed bytes, or null when `text` was not sealed with `key` or was changed since. */
export async function open(key: Uint8Array, text: string): Promise<Buffer | null> {
  const { compactDecrypt } = await import('jose/jwe/compact/decrypt')
  try {
    const { plaintext } = await compactDecrypt(text, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return Buffer.from(plaintext)
  } catch {
    return null
  }
}

/** Many times the largest document that is kept. */
export const sealedMaxBytes = 16 * 1024 * 1024
const recordMaxBytes = 64 * 1024
/** Only the latest places are kept. */
const mostRecorded = 20

/** The places of keys that were configured once, the latest first. The record lies beside our own key, and is trusted like it. */
function recorded({ folder, earlierKeyFile = null, uid }: KeyPlace): string[] {
  const text = textAt(join(folder, 'keys'), {
    maxBytes: recordMaxBytes,
    links: 'refuse',
    judge: stat => othersMayWrite(stat, uid),
  })
  const paths = (text ?? '').split('\n').filter(line => line.startsWith('/'))
  return earlierKeyFile === null ? paths : [earlierKeyFile, ...paths]
}

function record(place: KeyPlace, keyFile: string) {
  const before = recorded({ ...place, earlierKeyFile: null })
  if (before[0] === keyFile || keyFile.includes('\n')) return
  const paths = [keyFile, ...before.filter(path => path !== keyFile)].slice(0, mostRecorded)
  try {
    makePrivateFolder(place.folder)
    atomicWrite(join(place.folder, 'keys'), `${paths.join('\n')}\n`, { nonce: place.nonce() })
  } catch {
    // A full disk: a later run records it.
  }
}

/** Where an earlier run found the key, read from its `keyDigest`; null: our own key, or unknown. */
export function keyFileOf(digest: string): string | null {
  const path = /^(\/.*) [0-9a-f]{8}$/.exec(digest)?.[1]
  return path ?? null
}

/** Tells two keys apart, and nothing else about them; null where the key can't be read. */
export function keyDigest(place: KeyPlace): string | null {
  const bytes = usableKey(place, place.keyFile ?? join(place.folder, 'key'))
  if (bytes === null) return null
  const digest = createHash('sha256').update('print of ').update(bytes).digest('hex')
  return `${place.keyFile ?? 'own'} ${digest.slice(0, 8)}`
}

/** Why the key is unavailable; null: it is available, or made at first use. */
export function keyTrouble(place: KeyPlace): Trouble | null {
  const path = place.keyFile ?? join(place.folder, 'key')
  try {
    const bytes = readKey(place, path)
    if (place.keyFile !== null) checkedKey(place, path, bytes)
    return null
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return errorTrouble(error)
  }
}

/** Seals `path` again where only an earlier key opens it. False: it opens with none. */
export async function resealed(
  load: () => Promise<Keys>,
  path: string,
  nonce: string,
): Promise<boolean> {
  const read = readBounded(path, { maxBytes: sealedMaxBytes })
  if (read.kind !== 'read') return read.kind === 'missing'
  const keys = await load().catch(() => null)
  const opened = (await keys?.open(read.bytes.toString())) ?? null
  if (keys && opened?.isEarlierKey) atomicWrite(path, await keys.seal(opened.bytes), { nonce })
  return opened !== null
}

function readKey({ uid }: KeyPlace, path: string): Buffer | null {
  try {
    return readPrivateBytes(path, { uid, rootMayShare: true })
  } catch (error) {
    throw namingOwner(path, uid, error)
  }
}

/** Null for one that is not there, or is not as a key must be. */
function usableKey(place: KeyPlace, path: string | null): Buffer | null {
  try {
    const bytes = path?.startsWith('/') ? readKey(place, path) : null
    return isKey(bytes) ? bytes : null
  } catch {
    return null
  }
}

/**
 * An empty or torn key file is kept under another name. A key that another host without a common gate made meanwhile stays:
 * something may be sealed with it already.
 */
function makeKey(place: KeyPlace, path: string) {
  makePrivateFolder(place.folder)
  const made = temporaryPath(path, place.nonce())
  const bytes = `${place.randomBytes(32).toString('base64url')}\n`
  atomicWrite(made, bytes, { nonce: place.nonce() })
  const found = readKey(place, path)
  if (isKey(found)) return removeQuietly(made)
  try {
    if (found !== null) renameSync(path, `${path}.unusable`)
    linkSync(made, path)
    removeQuietly(made)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') removeQuietly(made)
    // Not every file system gives a file a second name.
    else renameSync(made, path)
  }
}

function checkedKey({ keyFile }: KeyPlace, path: string, bytes: Uint8Array | null): Uint8Array {
  if (isKey(bytes)) return bytes
  const what = `the key ${path} of the local store ${bytes === null ? 'is missing' : 'is too short'}`
  throw new AuthError(
    'store-unreadable',
    what,
    keyFile === null ? {} : { hint: `ls -l ${quoted(path)}` },
  )
}

function isKey<T extends Uint8Array>(bytes: T | null): bytes is T {
  return bytes !== null && bytes.length >= 16
}
