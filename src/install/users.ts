// The users of this machine that may have a login, and how something is done as one of them.

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface MachineUser {
  name: string
  uid: number
  gid: number
  home: string
}

/**
 * Everybody whose home has a folder `.claude` of their own, or a home that root may not look into
 * (root is nobody on some network homes). Those that a directory service does not list are found by
 * their folders in /home.
 */
export function usersWithLogins(): MachineUser[] {
  const byName = new Map<string, MachineUser>()
  const listed = lines('getent', ['passwd'])
  const owners = homes().map(uid => lines('getent', ['passwd', String(uid)])[0] ?? '')
  for (const line of [...listed, ...owners]) {
    const [name = '', , uid, gid, , home = ''] = line.split(':')
    if (name !== '' && home.startsWith('/') && home !== '/' && mayHaveLogin(home, Number(uid)))
      byName.set(name, { name, uid: Number(uid), gid: Number(gid), home })
  }
  return [...byName.values()]
}

function mayHaveLogin(home: string, uid: number): boolean {
  try {
    // Behind a link too: that is a login folder like any other.
    const folder = statSync(join(home, '.claude'), { throwIfNoEntry: false })
    return folder?.isDirectory() === true && folder.uid === uid
  } catch {
    return existsSync(home)
  }
}

function homes(): number[] {
  try {
    return readdirSync('/home').map(name => lstatSync(join('/home', name)).uid)
  } catch {
    return []
  }
}

function lines(command: string, args: string[]): string[] {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return (stdout ?? '').split('\n').filter(line => line !== '')
}

/** Runs `program ARGS` as `user`, with their home and nothing else of this environment. */
export function runAs(
  user: MachineUser,
  node: string,
  args: string[],
): { code: number | null; stderr: string } {
  const { status, stderr } = spawnSync(node, args, {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
    env: {
      HOME: user.home,
      USER: user.name,
      LOGNAME: user.name,
      PATH: '/usr/local/bin:/usr/bin:/bin',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 180_000,
  })
  return { code: status, stderr: stderr ?? '' }
}
