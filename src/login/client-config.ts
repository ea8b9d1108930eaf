// The client's global config (`~/.claude.json`): which account it believes it is signed in with.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { jsonObject } from '../host/json.js'

/** What the config says. `unknown`: it is gone, unreadable or torn, and says nothing either way. */
export type ClientAccount =
  | { kind: 'named'; email: string | null }
  | { kind: 'none' }
  | { kind: 'unknown' }

/** More than the client writes about an account. */
const accountLength = 4_000
const largestFile = 256 * 1024 * 1024

/**
 * The account in the config at `path` as the client noted it at its last sign-in; it proves nothing.
 * The client clears it at a log-out. The file grows with the client's use, so it is looked through,
 * and parsed only before its silence is believed.
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

function readText(path: string): string | null {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return null
  }
  try {
    const about = fstatSync(file)
    return about.isFile() && about.size <= largestFile ? readFileSync(file, 'utf8') : null
  } catch {
    return null
  } finally {
    closeSync(file)
  }
}
