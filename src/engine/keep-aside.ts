// Keeping aside: what is about to be replaced and may still be needed, sealed or under another name.

import { linkSync, realpathSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Login, loginObject, tokenHash } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import { isEditable } from '../login/login-text.js'
import { bytesAt } from '../system/open-file.js'
import { atomicWrite, makePrivateFolder, removeQuietly, writeFailed } from '../system/write-file.js'
import { rereadFile } from './observe.js'
import { commit, type Run } from './run.js'

/** Something larger was never a login file. */
const mostSealed = 16 * 1024 * 1024

/** Seals `login` beside our state: the loser of two lineages, or one with no place left. */
export async function keepAside(run: Run, login: Login, why: string) {
  const { seal } = await run.sealer()
  const sealed = await seal(Buffer.from(JSON.stringify(loginObject(login))))
  const hash = tokenHash(login.refreshToken ?? login.accessToken)
  writeAside(run, hash.slice(0, 8), sealed)
  commit(run, { journal: { did: 'keep-aside', because: why, before: hash } })
}

/**
 * In sole custody a login file that could not be read is kept sealed: there may be a refresh token in
 * it. False when it has to be moved aside instead.
 */
export async function sealUnreadable(run: Run): Promise<boolean> {
  const { loginFile } = run.paths
  if (run.config.custody !== 'sole') return false
  const file = rereadFile(run)
  if (file.kind !== 'unreadable' || !isOwnFile(loginFile, run.person.uid)) return false
  const bytes = readable(loginFile)
  if (bytes === null) return false
  const { seal } = await run.sealer()
  const sealed = await seal(bytes)
  const path = writeAside(run, unreadableName(run), sealed)
  commit(run, {
    journal: { did: 'keep-aside', because: 'unreadable', detail: `${file.what}; kept as ${path}` },
  })
  return true
}

/** Keeps an unreadable file under another name: its content is unknown. */
export function moveAside(run: Run, what: string) {
  const { loginFile, state } = run.paths
  const aside = join(state, unreadableName(run))
  try {
    removeQuietly(aside)
    if (!isLinked(run, aside) && !isCopied(run, aside)) renameSync(loginFile, aside)
    commit(run, {
      journal: { did: 'keep-aside', because: 'unreadable', detail: `${what}; kept as ${aside}` },
    })
  } catch (error) {
    throw writeFailed(loginFile, error, `could not keep ${loginFile} aside`)
  }
}

/** The client keeps logins of others beside its own (2.1.330). */
const neighbours = /"(mcpOAuth|mcpOAuthClientConfig|designOauth|cloudSessionsOauth|slackTag)"/

/** Logins to MCP servers that stood in a file that is no JSON leave it with that file: a note says so. */
export function noteLost(run: Run, { bytes }: LoginFile) {
  const whole = bytes ?? readable(run.paths.loginFile)
  // In UTF-16 each letter has a zero beside it.
  const text = whole?.toString('latin1').replaceAll('\0', '') ?? ''
  if (whole === null || isEditable(whole) || !neighbours.test(text)) return
  commit(run, { learned: { lostNeighbours: true } })
}

/** Gives the bytes a second name. A file that is not ours, also behind a link, is moved as it is. */
function isLinked({ paths, person }: Run, aside: string): boolean {
  try {
    const target = realpathSync.native(paths.loginFile)
    if (!isOwnFile(target, person.uid)) return false
    linkSync(target, aside)
    return true
  } catch {
    return false
  }
}

/** On a file system of its own (a mounted file) it can have no second name here, and can't be moved. */
function isCopied({ paths, person, nonce }: Run, aside: string): boolean {
  const bytes = isOwnFile(paths.loginFile, person.uid) ? readable(paths.loginFile) : null
  if (bytes === null) return false
  atomicWrite(aside, bytes, { nonce: nonce() })
  return true
}

function isOwnFile(path: string, uid: number): boolean {
  try {
    const stat = statSync(path)
    return stat.uid === uid && stat.isFile()
  } catch {
    return false
  }
}

/** Null for what is too large, no regular file, or closed to its own owner. */
function readable(path: string): Buffer | null {
  return bytesAt(path, { maxBytes: mostSealed })
}

function writeAside(run: Run, name: string, sealed: Buffer): string {
  const folder = join(run.paths.state, 'aside')
  makePrivateFolder(folder)
  const path = join(folder, `${name}.jwe`)
  atomicWrite(path, sealed, { nonce: run.nonce() })
  return path
}

function unreadableName(run: Run): string {
  const day = new Date(run.now()).toISOString().slice(0, 10)
  return `unreadable-${day}-${run.nonce().slice(0, 8)}`
}
