// The key of the sealed local store: made once, private, or kept elsewhere by the machine's admin.

import { existsSync } from 'node:fs'
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

/** Reads the key, making it at first use unless `readOnly`. Throws `AuthError` where it is not as it must be. */
export async function loadKey(place: KeyPlace): Promise<Loaded> {
  const { seal, open, sealingKey } = await import('./seal.js')
  const path = place.keyFile ?? join(place.folder, 'key')
  if (place.keyFile === null && !place.readOnly && !existsSync(path)) {
    makePrivateFolder(place.folder)
    atomicWrite(path, `${place.randomBytes(32).toString('base64url')}\n`, { nonce: place.nonce() })
  }
  return { key: sealingKey(checkedKey(path, place.uid)), seal, open }
}

function checkedKey(path: string, uid: number): Uint8Array {
  const bytes = readPrivateBytes(path, { uid, rootMayShare: true })
  if (bytes !== null && bytes.length >= 16) return bytes
  const what = bytes === null ? 'is missing' : 'is too short'
  throw new AuthError('store-unreadable', `the key ${path} of the local store ${what}`)
}
