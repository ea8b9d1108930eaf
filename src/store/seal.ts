// Sealing bytes for this user at rest (JWE, RFC 7516: `dir` with A256GCM) and opening them again.

import { createHash } from 'node:crypto'
import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'

/** A key from a key file's bytes, whatever their form (random bytes, text, a systemd credential). */
export function sealingKey(keyFileBytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(keyFileBytes).digest()
}

/** A compact JWE of `bytes`. */
export function seal(key: Uint8Array, bytes: Uint8Array): Promise<string> {
  return new CompactEncrypt(bytes).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(key)
}

/** The sealed bytes, or null when `text` was not sealed with `key` or was changed since. */
export async function open(key: Uint8Array, text: string): Promise<Buffer | null> {
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
