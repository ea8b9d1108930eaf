// The key of the sealed local store: made once, private, or kept elsewhere by the machine's admin.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { atomicWrite, makePrivateFolder } from '../host/atomic-write.js'
import { AuthError } from '../host/error.js'
import { readPrivateBytes } from '../host/open-file.js'

export interface KeyPlace {
  /** `~/.local/share/claude-auth`. */
  folder: string
  /** The key elsewhere (`local.keyFile`), which is then never made by us; null: `<folder>/key`. */
  keyFile: string | null
  uid: number
  /** No key is made where there is none; one is, if not given. */
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
  /** With the key in force, else with the one that `text` names, else with our own; null: with none of them. */
  open: (text: string) => Promise<Opened | null>
}

/**
 * Reads the key, making our own at first use and where it was lost, unless `readOnly`. Throws `AuthError`
 * where it is not as it must be.
 */
export async function loadKeys(place: KeyPlace): Promise<Keys> {
  const { seal, open, sealingKey, keyNameOf } = await import('./seal.js')
  const own = join(place.folder, 'key')
  const path = place.keyFile ?? own
  const found = readKey(place, path)
  const isOurs = place.keyFile === null && !place.readOnly
  if (isOurs && !isKey(found)) makeKey(place, path, found !== null)
  const key = sealingKey(checkedKey(place, path, readKey(place, path)))
  return {
    seal: bytes => seal(key, bytes, place.keyFile ?? undefined),
    open: async text => {
      const bytes = await open(key, text)
      if (bytes !== null) return { bytes, isEarlierKey: false }
      for (const earlier of [keyNameOf(text), own]) {
        const other = earlier === path ? null : usableKey(place, earlier)
        const opened = other === null ? null : await open(sealingKey(other), text)
        if (opened !== null) return { bytes: opened, isEarlierKey: true }
      }
      return null
    },
  }
}

/** Tells two keys apart, and nothing else about them; null where the key can't be read. */
export function keyPrint(place: KeyPlace): string | null {
  const bytes = usableKey(place, place.keyFile ?? join(place.folder, 'key'))
  if (bytes === null) return null
  const print = createHash('sha256').update('print of ').update(bytes).digest('hex')
  return `${place.keyFile ?? 'own'} ${print.slice(0, 8)}`
}

/** Seals `path` anew where only an earlier key opens it. False: it opens with none. */
export async function resealed(
  load: () => Promise<Keys>,
  path: string,
  nonce: string,
): Promise<boolean> {
  if (!existsSync(path)) return true
  const keys = await load().catch(() => null)
  const opened = (await keys?.open(readFileSync(path, 'utf8'))) ?? null
  if (keys && opened?.isEarlierKey) atomicWrite(path, await keys.seal(opened.bytes), { nonce })
  return opened !== null
}

function readKey({ uid }: KeyPlace, path: string): Buffer | null {
  return readPrivateBytes(path, { uid, rootMayShare: true })
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

/** What stands in its place, emptied or torn, opens nothing; it is kept beside all the same. */
function makeKey({ folder, nonce, randomBytes }: KeyPlace, path: string, isThere: boolean) {
  makePrivateFolder(folder)
  if (isThere) renameSync(path, `${path}.unusable`)
  atomicWrite(path, `${randomBytes(32).toString('base64url')}\n`, { nonce: nonce() })
}

function checkedKey({ keyFile }: KeyPlace, path: string, bytes: Uint8Array | null): Uint8Array {
  if (isKey(bytes)) return bytes
  const what = `the key ${path} of the local store ${bytes === null ? 'is missing' : 'is too short'}`
  throw new AuthError('store-unreadable', what, keyFile === null ? {} : { hint: `ls -l ${path}` })
}

function isKey<T extends Uint8Array>(bytes: T | null): bytes is T {
  return bytes !== null && bytes.length >= 16
}
