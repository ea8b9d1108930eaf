// Sealing bytes for this user at rest (JWE, RFC 7516: `dir` with A256GCM) and opening them again.

import { createHash } from 'node:crypto'
import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'

/** A key from a key file's bytes, in any form (random bytes, text, a systemd credential). */
export function sealingKey(keyFileBytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(keyFileBytes).digest()
}

/** A compact JWE of `bytes`; it tells the key's name where that is given, for people and earlier versions. */
export function seal(key: Uint8Array, bytes: Uint8Array, keyName?: string): Promise<string> {
  const name = keyName === undefined ? {} : { kid: keyName }
  const header = { alg: 'dir', enc: 'A256GCM', ...name }
  return new CompactEncrypt(bytes).setProtectedHeader(header).encrypt(key)
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
