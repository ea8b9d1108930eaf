// The users of this machine that may have a login.

import { existsSync } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './as-user.js'
import { systemCode } from './error.js'
import { textAt } from './open-file.js'
import { runTool } from './system-tools.js'

/** A home on a server that is away blocks; its owner is then checked as that user, with a time limit. */
const lookMs = 5_000

/**
 * Everybody whose home has a folder `.claude` of their own, or a home that root may not look into
 * (root is nobody on some network homes) or that gives no answer. Those that a directory service does
 * not list are found by their folders in /home.
 */
export async function usersWithLogins(): Promise<Account[]> {
  const listed = await accounts()
  const known = new Set(listed.map(({ uid }) => uid))
  const strangers = (await ownersIn('/home')).filter(uid => !known.has(uid))
  const found = strangers.flatMap(uid => accountOf(uid) ?? [])
  const byName = new Map([...listed, ...found].map(each => [each.name, each]))
  const looked = await Promise.all(
    [...byName.values()].map(async each => ((await mayHaveLogin(each)) ? [each] : [])),
  )
  return looked.flat()
}

/** The account of a uid, or null if there is none. */
export function accountOf(uid: number): Account | null {
  const { stdout, isMissing } = runTool('getent', ['passwd', String(uid)])
  const text = isMissing ? passwd() : stdout
  return accountsIn(text).find(each => each.uid === uid) ?? null
}

/** The account called `name`, or null where there is none. */
export function accountNamed(name: string): Account | null {
  const { stdout, isMissing } = runTool('getent', ['passwd', '--', name])
  // getent takes digits for a number.
  return accountsIn(isMissing ? passwd() : stdout).find(each => each.name === name) ?? null
}

/** The accounts of these names; a directory service may know some that it does not list. Unknown names have none. */
export function accountsNamed(names: readonly string[]): Account[] {
  const found: Account[] = []
  for (let from = 0; from < names.length; from += namesAtOnce) {
    const some = names.slice(from, from + namesAtOnce)
    const { stdout, isMissing } = runTool('getent', ['passwd', '--', ...some])
    found.push(...accountsIn(isMissing ? passwd() : stdout))
  }
  return found.filter(({ name }) => names.includes(name))
}

/** Arguments of one process. */
const namesAtOnce = 500

/** Where getent is not installed, or the directory service does not answer, those of the machine itself. */
async function accounts(): Promise<Account[]> {
  const { code, stdout } = runTool('getent', ['passwd'])
  if (code === 0) return accountsIn(stdout)
  return accountsIn(passwd())
}

function passwd(): string {
  return textAt('/etc/passwd', { maxBytes: 16 * 1024 * 1024 }) ?? ''
}

function accountsIn(passwd: string): Account[] {
  return passwd.split('\n').flatMap(line => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':')
    const isOne = name !== '' && /^\d+$/.test(uid) && /^\d+$/.test(gid)
    if (!isOne || !home.startsWith('/') || home === '/') return []
    return [{ name, uid: Number(uid), gid: Number(gid), home }]
  })
}

async function mayHaveLogin({ home, uid }: Account): Promise<boolean> {
  // Behind a link too: that is a login folder like any other.
  const folder = await answered(stat(join(home, '.claude')))
  if (folder === 'no-answer') return true
  if (typeof folder === 'string') return !['ENOENT', 'ENOTDIR'].includes(folder) && existsSync(home)
  return folder.isDirectory() && folder.uid === uid
}

async function ownersIn(folder: string): Promise<number[]> {
  const names = await answered(readdir(folder))
  if (typeof names === 'string') return []
  const looked = await Promise.all(names.map(name => answered(lstat(join(folder, name)))))
  return [...new Set(looked.flatMap(about => (typeof about === 'string' ? [] : [about.uid])))]
}

/** What the file system says, the code of its refusal, or `no-answer`. */
async function answered<T>(asked: Promise<T>): Promise<T | string> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve('no-answer'), lookMs)
  })
  const answer = asked.catch(error => systemCode(error) ?? 'unknown')
  return Promise.race([answer, limit]).finally(() => clearTimeout(timer))
}
