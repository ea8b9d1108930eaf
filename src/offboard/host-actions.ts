// Executing the steps of an offboarding on this machine, as root: the mark, the user's units, and, as the user, the work in the home.

import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { leftFolder, leftMark } from '../config/config.js'
import { type Account, type EndedAsUser, runAsUser } from '../system/as-user.js'
import { toolPath } from '../system/start-program.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import {
  atomicWrite,
  freshNonce,
  removeQuietly,
  syncFolder,
  writeFailed,
} from '../system/write-file.js'
import { clean } from '../text/clean.js'
import { type HostFacts, inManager, timer, unitsMs } from './host-facts.js'
import type { HostAction } from './host-steps.js'

/** How to start claude-auth as a user. */
export interface UserProgram {
  node: string
  script: string
}

/** A log-out waits for a run in progress and for the server. */
const logoutMs = 120_000

/** Exit code of the user's side: the rest is left to a person, and named on stderr. */
export const exitLeft = 3

/** `left`: only a person can do it; the trouble says why. */
export type HostEnd = { state: 'done' } | { state: 'left' | 'failed'; trouble: Trouble }

/** Executes one step, as root. Throws `write-failed`. */
export async function actOnHost(
  { do: deed }: HostAction,
  { account }: HostFacts,
  program: UserProgram,
): Promise<HostEnd> {
  switch (deed) {
    case 'mark':
      return ended(await putMark(account))
    case 'unmark':
      return ended(takeMark(account))
    case 'stop-units':
      return ended(managed(await inManager(account, ['stop', timer, 'claude-auth.service'])))
    case 'start-units':
      // A timer that was never installed can't be started.
      await inManager(account, ['start', timer])
      return { state: 'done' }
    case 'logout':
    case 'erase':
      return inHome(account, program, deed)
  }
}

function ended(trouble: Trouble | null): HostEnd {
  return trouble === null ? { state: 'done' } : { state: 'failed', trouble }
}

/** Checks the home as the user: root would hang in a home that hangs, and may see less of a mounted one. */
async function inHome(
  account: Account,
  program: UserProgram,
  deed: 'logout' | 'erase',
): Promise<HostEnd> {
  const tool = toolPath('test')
  const seen =
    tool === null
      ? null
      : await runAsUser(account, tool, ['-d', account.home], { timeoutMs: unitsMs })
  if (seen?.kind === 'late')
    return {
      state: 'failed',
      trouble: makeTrouble('their home gives no answer', { place: account.home }),
    }
  if (seen?.kind !== 'ended' || seen.code !== 1) return ownCommand(account, program, deed)
  // The home may only be unmounted, with everything still in it.
  const advice =
    deed === 'erase'
      ? 'remove ~/.local/share/claude-auth and ~/.claude/.claude-auth where it is kept'
      : "their sign-in is ended in the administration of Claude's organization"
  return {
    state: 'left',
    trouble: makeTrouble('their home is not here', { place: account.home, advice }),
  }
}

/** Checks that the user can see the mark: in a folder closed to them it would have no effect. */
async function putMark(account: Account): Promise<Trouble | null> {
  const path = leftMark(account.uid)
  try {
    mkdirSync(leftFolder, { recursive: true, mode: 0o755 })
    // An installation makes these folders for root alone; the secrets in them have their own modes.
    chmodSync(dirname(leftFolder), 0o755)
    chmodSync(leftFolder, 0o755)
  } catch (error) {
    throw writeFailed(leftFolder, error)
  }
  const text = `${JSON.stringify({ v: 1, user: account.name })}\n`
  const owner = { uid: 0, gid: 0, mode: 0o644 }
  atomicWrite(path, text, { nonce: freshNonce(), owner })
  const tool = toolPath('test')
  if (tool === null) return null
  const seen = await runAsUser(account, tool, ['-r', path], { timeoutMs: unitsMs })
  if (seen.kind === 'ended' && seen.code === 0) return null
  return makeTrouble('the mark cannot be seen by the user', {
    place: path,
    command: `namei -l ${path}`,
  })
}

function takeMark({ uid }: Account): Trouble | null {
  const path = leftMark(uid)
  removeQuietly(path)
  if (existsSync(path)) throw writeFailed(path, { code: 'EPERM' }, `could not remove ${path}`)
  if (existsSync(leftFolder)) syncFolder(leftFolder)
  return null
}

function managed(end: EndedAsUser | null): Trouble | null {
  // 5: no such unit.
  if (end === null || (end.kind === 'ended' && (end.code === 0 || end.code === 5))) return null
  return makeTrouble('their service manager did not do it', { advice: saidBy(end) })
}

async function ownCommand(
  account: Account,
  { node, script }: UserProgram,
  deed: 'logout' | 'erase',
): Promise<HostEnd> {
  const words = [script, 'offboard', account.name, '--as-user', deed]
  const end = await runAsUser(account, node, words, { timeoutMs: logoutMs })
  if (end.kind === 'ended' && end.code === 0) return { state: 'done' }
  if (end.kind === 'ended' && end.code === exitLeft)
    return {
      state: 'left',
      trouble: makeTrouble('not all of it is theirs', { advice: saidBy(end) }),
    }
  if (end.kind === 'ended' && end.code === 4)
    return ended(makeTrouble('a server gave no answer', { advice: 'run it again' }))
  return ended(makeTrouble(`claude-auth as ${account.name} failed`, { advice: saidBy(end) }))
}

/** What the user's side wrote: untrusted. */
function saidBy(end: EndedAsUser): string {
  if (end.kind === 'not-started') return clean(end.why, 200)
  if (end.kind !== 'ended') return end.kind === 'late' ? 'it took too long' : 'it wrote too much'
  return clean(end.said, 200) || `exit code ${end.code}`
}
