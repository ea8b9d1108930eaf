// Applying a fix: it is checked once more on the spot, and refused for what this user does not own.

import { closeSync, constants, fchmodSync, fstatSync, lstatSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LoginContext } from '../engine/login-context.js'
import type { Verdict } from '../policy/outcome.js'
import { enterLoginGate } from '../system/gate.js'
import { jsonObject } from '../system/json.js'
import { openFolder, openRegular, textAt } from '../system/open-file.js'
import { AuthError, systemCode } from '../system/trouble.js'
import { atomicWrite, replaceLink } from '../system/write-file.js'
import { unknownErrorWords } from '../text/trouble.js'
import { type Fix, fixWords, refusals } from './check.js'

/** Null: it is done; else why not, in words. */
export type Refusal = string | null

/** Of the client's own configuration. */
const maxBytes = 64 * 1024 * 1024

/** The effects that fixes need. */
export interface Tools {
  place: LoginContext
  nonce: () => string
  /** One run of the engine. */
  ensure: () => Promise<Verdict>
}

/** What a fix does, before it is done. */
export function fixText(fix: Fix): string {
  switch (fix.do) {
    case 'chmod':
      return fixWords.chmod(fix.path, fix.mode.toString(8))
    case 'remove-lock':
      return fixWords.removeLock(fix.path)
    case 'relink':
      return fixWords.relink(fix.path, fix.target)
    case 'onboarding':
      return fixWords.onboarding(fix.path)
    case 'ensure':
      return fixWords.ensure
  }
}

/** Applies one fix. A failure of the login's files or of a system call is returned as a refusal. */
export async function applyFix(fix: Fix, tools: Tools): Promise<Refusal> {
  if (!tools.place.owned && !closesPlace(fix, tools.place)) return refusals.notOurs
  try {
    return await (fix.do === 'ensure' ? runEngine(tools) : fixPath(fix, tools))
  } catch (error) {
    if (error instanceof AuthError) return error.message
    // A surprise of the engine is no reason to keep the second look back.
    if (fix.do === 'ensure') return unknownErrorWords(error)
    const code = systemCode(error)
    if (code === null) throw error
    return code === 'ENOENT'
      ? refusals.notThere(fix.path)
      : code === 'ELOOP'
        ? refusals.isLink(fix.path)
        : refusals.failed(fix.path, code)
  }
}

/** Does it close the folder because of which nothing else here is trusted? */
function closesPlace(fix: Fix, { distrust }: LoginContext): boolean {
  return fix.do === 'chmod' && distrust?.path === fix.path && (fix.mode & 0o022) === 0
}

async function runEngine(tools: Tools): Promise<Refusal> {
  const verdict = await tools.ensure()
  return verdict === 'ok' || verdict === 'attention' ? null : refusals.ensureFailed(verdict)
}

function fixPath(fix: Exclude<Fix, { do: 'ensure' }>, tools: Tools): Refusal | Promise<Refusal> {
  const { uid } = tools.place.person
  switch (fix.do) {
    case 'chmod':
      return changeMode(fix.path, fix.mode, uid)
    case 'remove-lock':
      return removeLock(fix, tools)
    case 'relink':
      return relink(fix.path, fix.target, tools)
    case 'onboarding':
      return markOnboarded(fix.path, tools)
  }
}

/** On the descriptor that was judged, so that nothing can be put in its place in between. */
function changeMode(path: string, mode: number, uid: number): Refusal {
  const file = openPlace(path)
  try {
    const about = fstatSync(file)
    if (about.uid !== uid) return refusals.notYours(path, about.uid)
    fchmodSync(file, mode)
    return null
  } finally {
    closeSync(file)
  }
}

/** Not a link; we never made a socket or a device. */
function openPlace(path: string): number {
  const about = lstatSync(path)
  if (about.isSymbolicLink()) throw Object.assign(new Error('a link'), { code: 'ELOOP' })
  return about.isDirectory()
    ? openFolder(path, { links: 'refuse' })
    : openRegular(path, constants.O_RDONLY, { links: 'refuse' })
}

/** Behind the gate, so that none of our runs holds it by now. */
function removeLock(
  { path, birthtimeMs }: Extract<Fix, { do: 'remove-lock' }>,
  { place }: Tools,
): Refusal {
  const gate = enterLoginGate(place.paths.gate, null, 10_000)
  try {
    const lock = lstatSync(path)
    if (lock.uid !== place.person.uid) return refusals.notYours(path, lock.uid)
    if (!lock.isDirectory() || lock.birthtimeMs !== birthtimeMs) return refusals.inUse(path)
    rmdirSync(path)
    return null
  } finally {
    gate.leave()
  }
}

/** Only a link is replaced, never a program: the client's own one stays where it leads to. */
function relink(path: string, target: string, { place, nonce }: Tools): Refusal {
  for (const each of [dirname(path), path]) {
    const about = lstatSync(each)
    if (about.uid !== place.person.uid) return refusals.notYours(each, about.uid)
    if (each === path && !about.isSymbolicLink()) return refusals.inUse(path)
  }
  replaceLink(target, path, `${path}.${nonce()}`)
  return null
}

/** Under the client's own lock. One member is added; all other bytes of its configuration stay. */
async function markOnboarded(path: string, { place, nonce }: Tools): Promise<Refusal> {
  const { default: lockfile } = await import('proper-lockfile')
  const { applyEdits, modify } = await import('jsonc-parser')
  const lock = { lockfilePath: `${path}.lock`, realpath: false, stale: 10_000 }
  const retries = { retries: 20, minTimeout: 50, maxTimeout: 500 }
  const release = await lockfile.lock(path, { ...lock, retries }).catch(error => {
    if (systemCode(error) === 'ELOCKED') return null
    throw error
  })
  if (release === null) return refusals.inUse(path)
  try {
    const about = lstatSync(path, { throwIfNoEntry: false })
    if (about && about.uid !== place.person.uid) return refusals.notYours(path, about.uid)
    if (about && !about.isFile()) return refusals.isLink(path)
    const text = about ? (textAt(path, { maxBytes, links: 'refuse' }) ?? '') : '{}'
    if (jsonObject(text) === null) return refusals.notJson(path)
    const formattingOptions = { insertSpaces: true, tabSize: 2 }
    const edits = modify(text, ['hasCompletedOnboarding'], true, { formattingOptions })
    atomicWrite(path, applyEdits(text, edits), { nonce: nonce() })
    return null
  } finally {
    await release()
  }
}
