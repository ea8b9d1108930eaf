// The steps of an offboarding on this machine: root's mark, and what is done in the user's home, as that user.

import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { leftFolder, leftMark } from '../config/config.js'
import { type Account, type EndedAsUser, runAsUser } from '../system/as-user.js'
import { runTool, toolPath } from '../system/system-tools.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import {
  atomicWrite,
  freshNonce,
  removeQuietly,
  syncFolder,
  writeFailed,
} from '../system/write-file.js'
import { clean } from '../text/clean.js'

/** What the account and the marks of this machine say. */
export interface MachineFacts {
  account: Account
  /** When root's mark was put there (epoch milliseconds); null: there is none. */
  markedAtMs: number | null
  /** Does a timer of claude-auth's run in a manager of the user's? */
  isTimerActive: boolean
}

export interface HostAction {
  do: 'mark' | 'unmark' | 'stop-units' | 'start-units' | 'logout' | 'erase'
}

/** How claude-auth is started as a user. */
export interface UserProgram {
  node: string
  script: string
}

/** The account `name` of this machine; null where there is none. */
export function accountNamed(name: string): Account | null {
  const { code, stdout } = runTool('getent', ['passwd', name])
  const [known = '', , uid = '', gid = '', , home = ''] = (stdout.split('\n')[0] ?? '').split(':')
  if (code !== 0 || known !== name || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return null
  return { name, uid: Number(uid), gid: Number(gid), home }
}

const timer = 'claude-auth.timer'
/** What answers in a user's folder is the user's: nobody waits for it long. */
const unitsMs = 10_000
/** A log-out waits for a run that is at work, and for the server. */
const logoutMs = 120_000

/** Null where nobody of that name has an account here. */
export async function machineFactsOf(user: string): Promise<MachineFacts | null> {
  const account = accountNamed(user)
  if (account === null) return null
  const mark = lstatSync(leftMark(account.uid), { throwIfNoEntry: false })
  const ended = await inManager(account, ['is-active', '--quiet', timer])
  return {
    account,
    markedAtMs: mark?.uid === 0 ? Math.floor(mark.mtimeMs) : null,
    isTimerActive: ended?.kind === 'ended' && ended.code === 0,
  }
}

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

/** Null where no manager of theirs runs, or this machine has none. */
async function inManager(user: Account, args: string[]): Promise<EndedAsUser | null> {
  const folder = `/run/user/${user.uid}`
  const tool = toolPath('systemctl')
  if (tool === null || !existsSync(`${folder}/systemd/private`)) return null
  const env = { XDG_RUNTIME_DIR: folder }
  return runAsUser(user, tool, ['--user', ...args], { timeoutMs: unitsMs, env })
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
  if (!existsSync(account.home)) return null
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
