// The key of the sealed local store: made once, private, or kept elsewhere by the machine's admin.

import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { atomicWrite, makePrivateFolder } from '../host/atomic-write.js'
import { AuthError } from '../host/error.js'
import { readPrivateBytes } from '../host/private-path.js'

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

/** The key, and what can be done with it. */
export type Loaded = { key: Uint8Array } & Pick<typeof import('./seal.js'), 'seal' | 'open'>

/**
 * Reads the key, making our own at first use and where it was lost, unless `readOnly`. Throws `AuthError`
 * where it is not as it must be.
 */
export async function loadKey(place: KeyPlace): Promise<Loaded> {
  const { seal, open, sealingKey } = await import('./seal.js')
  const path = place.keyFile ?? join(place.folder, 'key')
  const read = () => readPrivateBytes(path, { uid: place.uid, rootMayShare: true })
  const found = read()
  const isOurs = place.keyFile === null && !place.readOnly
  if (isOurs && !isKey(found)) makeKey(place, path, found !== null)
  return { key: sealingKey(checkedKey(path, read())), seal, open }
}

/** What stands in its place, emptied or torn, opens nothing; it is kept beside all the same. */
function makeKey({ folder, nonce, randomBytes }: KeyPlace, path: string, isThere: boolean) {
  makePrivateFolder(folder)
  if (isThere) renameSync(path, `${path}.unusable`)
  atomicWrite(path, `${randomBytes(32).toString('base64url')}\n`, { nonce: nonce() })
}

function checkedKey(path: string, bytes: Uint8Array | null): Uint8Array {
  if (isKey(bytes)) return bytes
  const what = bytes === null ? 'is missing' : 'is too short'
  throw new AuthError('store-unreadable', `the key ${path} of the local store ${what}`)
}

function isKey(bytes: Uint8Array | null): bytes is Uint8Array {
  return bytes !== null && bytes.length >= 16
}
