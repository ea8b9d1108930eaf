// Doing the steps of an offboarding on this machine, as root: the mark, the user's units, and what is done in their home as that user.

import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { leftFolder, leftMark } from '../config/config.js'
import { type Account, type EndedAsUser, runAsUser } from '../system/as-user.js'
import { toolPath } from '../system/system-tools.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { lookInHomes } from '../system/users.js'
import {
  atomicWrite,
  freshNonce,
  removeQuietly,
  syncFolder,
  writeFailed,
} from '../system/write-file.js'

import { clean } from '../text/clean.js'

import { inManager, type MachineFacts, timer, unitsMs } from './host-facts.js'
import type { HostAction } from './host-steps.js'

/** How claude-auth is started as a user. */
export interface UserProgram {
  node: string
  script: string
}

/** A log-out waits for a run that is at work, and for the server. */
const logoutMs = 120_000

/** Does it, as root. Null: done. Throws `write-failed`. */
export async function actOnHost(
  { do: deed }: HostAction,
  { account }: MachineFacts,
  program: UserProgram,
): Promise<Trouble | null> {
  switch (deed) {
    case 'mark':
      return putMark(account)
    case 'unmark':
      return takeMark(account)
    case 'stop-units':
      return managed(await inManager(account, ['stop', timer, 'claude-auth.service']))
    case 'start-units':
      // One that was never there can't be started.
      await inManager(account, ['start', timer])
      return null
    case 'logout':
      return ownCommand(account, program, ['logout'])
    case 'erase':
      return ownCommand(account, program, ['offboard', account.name, '--as-user', 'erase'])
  }
}

/** Seen as that user: a mark in a folder that is closed to them would count for nothing. */
async function putMark(account: Account): Promise<Trouble | null> {
  const path = leftMark(account.uid)
  try {
    mkdirSync(leftFolder, { recursive: true, mode: 0o755 })
    // Made for root alone by an installation; what is secret in it is closed by itself.
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
  // 5: there is no such unit.
  if (end === null || (end.kind === 'ended' && (end.code === 0 || end.code === 5))) return null
  return makeTrouble('their service manager did not do it', { advice: saidBy(end) })
}

async function ownCommand(
  account: Account,
  { node, script }: UserProgram,
  words: string[],
): Promise<Trouble | null> {
  const homes = await lookInHomes([account.home])
  if (homes.get(account.home) === 'missing') return null
  const end = await runAsUser(account, node, [script, ...words], { timeoutMs: logoutMs })
  if (end.kind === 'ended' && end.code === 0) return null
  if (end.kind === 'ended' && end.code === 4)
    return makeTrouble('a server gave no answer', { advice: 'run it again' })
  return makeTrouble(`claude-auth ${words[0]} as ${account.name} failed`, { advice: saidBy(end) })
}

/** What the user's side wrote is theirs to choose. */
function saidBy(end: EndedAsUser): string {
  if (end.kind === 'not-started') return clean(end.why, 200)
  if (end.kind !== 'ended') return end.kind === 'late' ? 'it took too long' : 'it wrote too much'
  return clean(end.said, 200) || `exit code ${end.code}`
}
