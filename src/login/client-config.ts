// The client's global config (`~/.claude.json`): which account it believes it is signed in with.

import { jsonObject, stringOf } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import { isOnTrustedWay } from '../system/trusted-path.js'
import { atomicWrite } from '../system/write-file.js'
import { type LockPlace, releaseLock, takeLock } from './client-locks.js'
import { realTarget } from './login-file.js'
import { isEditable, memberSpan, spliceMember } from './login-text.js'

/** What the config says. `unknown`: it is gone, unreadable or torn, and says nothing either way. */
export type ClientAccount =
  | { kind: 'named'; email: string | null }
  | { kind: 'none' }
  | { kind: 'unknown' }

/** More than the client writes about an account. */
const accountLength = 4_000
/** Several times the largest file seen after years of use. */
const largestFile = 64 * 1024 * 1024

/**
 * The account in the config at `path` as the client noted it at its last sign-in; it proves nothing. The client clears it at a
 * log-out. The file grows with use, so it is searched as text, and parsed only to confirm that no account is in it.
 */
export function clientAccount(path: string): ClientAccount {
  const text = readText(path)
  if (text === null) return { kind: 'unknown' }
  const found = /"oauthAccount"\s*:\s*\{\s*"/.exec(text)
  if (found === null) return { kind: jsonObject(text) === null ? 'unknown' : 'none' }
  const account = text.slice(found.index, found.index + accountLength)
  const email = /"emailAddress"\s*:\s*"([^"\\]{3,320})"/.exec(account)?.[1] ?? null
  return { kind: 'named', email }
}

/** Does the config at `path` hold an API key of the Console (`primaryApiKey`)? The client signs with it where it has no login. */
export function hasStoredKey(path: string): boolean {
  const text = readText(path)
  if (text === null || !/"primaryApiKey"\s*:\s*"[^"]/.test(text)) return false
  return stringOf(jsonObject(text)?.['primaryApiKey']) !== null
}

/** Of the client's own lock on its config (proper-lockfile, clients 2.1.197 and 2.1.330). */
const lockStaleMs = 10_000

/**
 * Takes the account out of the config at `path`, as the client does at a log-out; every other byte
 * stays. False where there is none, or no config that can be edited. Throws `lock-busy`, `write-failed`.
 */
export async function forgetAccount(place: LockPlace, path: string): Promise<boolean> {
  if (clientAccount(path).kind !== 'named') return false
  const target = realTarget(path)
  const held = await takeLock(place, `${path}.lock`, lockStaleMs, place.now() + lockStaleMs)
  try {
    const bytes = Buffer.from(readText(target) ?? '')
    if (!isEditable(bytes)) return false
    const span = memberSpan(bytes, 'oauthAccount')
    if (span.member === null) return false
    const without = spliceMember(bytes, span, 'oauthAccount', null)
    atomicWrite(target, without, { nonce: place.nonce() })
    return true
  } finally {
    await releaseLock(held)
  }
}

function readText(path: string): string | null {
  if (!isOnTrustedWay(path, process.geteuid?.() ?? -1)) return null
  return textAt(path, { maxBytes: largestFile })
}
