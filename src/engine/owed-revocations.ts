// Revocations still owed: the tokens of a log-out are kept sealed until the server has revoked them, or for a month.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { revoke } from '../anthropic/login-server.js'
import { type Login, tokenHash } from '../login/login.js'
import { jsonObject, matching, number, object, oneOf, readableOf } from '../system/json.js'
import { bytesAt } from '../system/open-file.js'
import { dayMs } from '../system/time.js'
import { AuthError } from '../system/trouble.js'
import { atomicWrite, removeQuietly } from '../system/write-file.js'
import { commit, type Run } from './run.js'

/** One token that is to end at the server. */
export interface Owed {
  token: string
  hint: 'refresh_token' | 'access_token'
  /** When it was logged out (epoch ms). */
  sinceMs: number
}

const timeoutMs = 5_000
/** A sign-in that is not renewed does not live longer. */
const keptMs = 31 * dayMs
const mostOwed = 20
/** More than `mostOwed` tokens, sealed. */
const maxBytes = 1024 * 1024

/** What is to end of `login`: its refresh token, unless that is spent, and its access token. */
export function owedOf(run: Run, login: Login | null): Owed[] {
  if (login === null) return []
  const sinceMs = run.now()
  const refresh = login.refreshToken
  const isSpent = refresh !== null && run.memory.spent.includes(tokenHash(refresh))
  return [
    ...(refresh === null || isSpent
      ? []
      : [{ token: refresh, hint: 'refresh_token', sinceMs } as const]),
    { token: login.accessToken, hint: 'access_token', sinceMs },
  ]
}

/** Asks the server to end all of `owed` at once, and gives those that it did not confirm. */
export async function endAtServer(run: Run, owed: readonly Owed[]): Promise<Owed[]> {
  if (run.offline) return [...owed]
  const { oauth } = run.config.endpoints
  const ended = await Promise.all(
    owed.map(({ token, hint }) => revoke(run.network, oauth, token, hint, timeoutMs)),
  )
  return owed.filter((_, at) => !ended[at])
}

/**
 * Keeps `owed` for a later run. False where nothing can be sealed for it (`store: none`, a key that can't be had). Throws
 * `write-failed` where there may be room later.
 */
export async function owe(run: Run, owed: readonly Owed[]): Promise<boolean> {
  if (owed.length === 0) return true
  if (run.store === null) return false
  try {
    const known = await owedTokens(run)
    const isNew = ({ token }: Owed) => !known.some(each => each.token === token)
    await write(run, [...known, ...owed.filter(isNew)])
    return true
  } catch (error) {
    if (!(error instanceof AuthError) || error.code === 'write-failed') throw error
    return false
  }
}

/** Retries the revocations that are owed. Call it when no one is waiting. */
export async function revokeOwed(run: Run): Promise<void> {
  if (run.offline || !existsSync(placeOf(run))) return
  const owed = await owedTokens(run)
  const young = owed.filter(({ sinceMs }) => Math.abs(run.now() - sinceMs) < keptMs)
  const left = await endAtServer(run, young)
  for (const { token } of young.filter(each => !left.includes(each)))
    commit(run, { journal: { did: 'sign-out', because: 'revoked', before: tokenHash(token) } })
  if (left.length !== owed.length) await write(run, left)
}

/** Is a revocation still owed? */
export function hasOwed({ paths }: Pick<Run, 'paths'>): boolean {
  return existsSync(placeOf({ paths }))
}

const owedIn = readableOf(
  object({
    token: matching(/^[\x21-\x7e]{1,16384}$/),
    hint: oneOf('refresh_token', 'access_token'),
    sinceMs: number,
  }),
)

async function owedTokens(run: Run): Promise<Owed[]> {
  const path = placeOf(run)
  const sealed = bytesAt(path, { maxBytes, links: 'refuse' })
  if (sealed === null) return []
  const { open } = await run.sealer()
  const bytes = await open(sealed).catch(() => null)
  return (bytes && owedIn(jsonObject(bytes)?.['owed'])) || []
}

async function write(run: Run, owed: readonly Owed[]): Promise<void> {
  const path = placeOf(run)
  if (owed.length === 0) return removeQuietly(path)
  const { seal } = await run.sealer()
  const bytes = await seal(Buffer.from(JSON.stringify({ owed: owed.slice(-mostOwed) })))
  atomicWrite(path, bytes, { nonce: run.nonce() })
}

function placeOf({ paths }: Pick<Run, 'paths'>): string {
  return join(paths.state, 'owed')
}
