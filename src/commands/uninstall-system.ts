// `claude-auth uninstall --system`: hands every user's refresh token back, then clears the machine.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { enterGate } from '../host/gate.js'
import {
  manifestOf,
  prepare,
  removeManifestFolder,
  type Site,
  takeBack,
} from '../install/carry-out.js'
import { isConfig, type Manifest, timersIn } from '../install/manifest.js'
import { ownRoot } from '../install/program.js'
import { reloadSystem, stopSystemTimers } from '../install/services.js'
import { systemProgram } from '../install/system-plan.js'
import { type MachineUser, runAs, usersWithLogins } from '../install/users.js'
import { uninstalledLines } from '../report/install-text.js'
import { changesObject, isWanted, print, say } from './ask-first.js'
import type { UninstallFlags } from './install-flags.js'
import { systemSite } from './install-system.js'

/** Throws `usage` or `write-failed`; a second run goes on where the first one ended. */
export async function uninstallSystem(flags: UninstallFlags): Promise<number> {
  const site = systemSite(flags.root)
  const manifest = manifestOf(site)
  const file = join(flags.root, site.manifest)
  // An installation that was killed before its first record has left the folder.
  const isTraced = existsSync(dirname(file))
  const gate = flags.dryRun || !isTraced ? null : enterGate(`${file}.gate`, null, 60_000)
  try {
    const prepared = prepare(site, [])
    const wanted = await isWanted(prepared, flags)
    if (!wanted && !flags.dryRun) return 1
    if (wanted && manifest !== null && !clear(site, manifest, flags)) return 1
    if (flags.json) print([JSON.stringify(changesObject(prepared, flags, prepared.notes))])
    else if (wanted) {
      const changed = prepared.changes.length
      print(uninstalledLines({ scope: 'system', changed, root: flags.root }))
    }
    return 0
  } finally {
    gate?.leave()
    if (gate !== null && manifestOf(site) === null) removeManifestFolder(site, flags.root)
  }
}

/** Configuration first, so that nobody takes a token into custody again; the program last: users run it. */
function clear(site: Site, manifest: Manifest, flags: UninstallFlags): boolean {
  const live = flags.root === ''
  takeBack(site, isConfig)
  const users = live ? usersWithLogins() : []
  if (!flags.leaveLogins && !handBackAll(users)) return false
  if (live) stopSystemTimers(timersIn(manifest).filter(isSystemTimer(manifest)))
  takeBack(site, ({ path }) => !isOfProgram(path))
  for (const user of users) {
    const { code, stderr } = asUser(user, 'leftovers')
    if (code !== 0) tell(user, stderr)
  }
  takeBack(site, () => true)
  if (live) reloadSystem()
  return true
}

/** The program itself, or a folder above it. */
function isOfProgram(path: string): boolean {
  const [one, other] = [`${path}/`, `${systemProgram}/`]
  return one.startsWith(other) || other.startsWith(one)
}

function handBackAll(users: MachineUser[]): boolean {
  const failed = users.filter(user => {
    const { code, stderr } = asUser(user, 'hand-back')
    if (code !== 0) tell(user, stderr)
    return code !== 0
  })
  if (failed.length === 0) return true
  say([
    `not removed yet: the logins of ${failed.map(({ name }) => name).join(', ')} are still in the sealed store only`,
    'hint: mend that and run it again; --leave-logins goes on without them',
  ])
  return false
}

function asUser(user: MachineUser, step: 'hand-back' | 'leftovers') {
  const installed = join(systemProgram, 'current')
  const root = existsSync(join(installed, 'bin/claude-auth')) ? installed : ownRoot()
  const recorded = join(installed, 'node')
  const node = existsSync(recorded) ? recorded : process.execPath
  return runAs(user, node, [join(root, 'bin/claude-auth'), 'uninstall', '--as-user', step])
}

function tell({ name }: MachineUser, stderr: string): void {
  const lines = stderr.split('\n').filter(line => line !== '')
  say(lines.slice(0, 3).map(line => `${name}: ${line.replace(/^claude-auth: /, '')}`))
}

function isSystemTimer({ entries }: Manifest) {
  return (name: string) => entries.some(({ path }) => path === `/etc/systemd/system/${name}`)
}
