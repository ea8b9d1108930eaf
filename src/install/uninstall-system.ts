// `claude-auth uninstall --system`: hands every user's refresh token back, then clears the machine.

import { chmodSync, copyFileSync, existsSync, realpathSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { exitCodes } from '../policy/outcome.js'
import { type Account, type EndedAsUser, runAsUser } from '../system/as-user.js'
import { enterGate, installMostMs } from '../system/gate.js'
import { ownRoot } from '../system/program-places.js'
import { quoted } from '../system/trouble.js'
import { listDirectory } from '../system/user-directory.js'
import { usersWithLogins } from '../system/users.js'
import { clean, jsonText } from '../text/clean.js'
import { manifestOf, prepare, removeManifestFolder, type Site, takeBack } from './execute.js'
import { firstPlaces, systemSite } from './for-system.js'
import { groupMembers } from './inspect.js'
import { type Entry, isConfig, type Manifest, timersIn } from './manifest.js'
import { requireOwnPlaces } from './own-places.js'
import {
  inTurns,
  reloadSystem,
  reloadUsers,
  stopSystemTimers,
  stopTimersOfUsers,
} from './services.js'
import { sharedGroup, systemProgram } from './system-plan.js'
import { undoUninstall } from './way-back.js'
import type { UninstallFlags } from './words.js'
import { asUserLines, changesObject, isConfirmed, print, say, uninstalledLines } from './words.js'

/**
 * Gives 0 when nothing of it is left, 4 when logins could not be handed back, or not be known: all else is removed then, and the
 * program stays for them. Throws `usage` or `write-failed`; a second run goes on where the first one ended.
 */
export async function uninstallSystem(flags: UninstallFlags): Promise<number> {
  const site = systemSite(flags.root)
  // On this machine the places were judged when it was installed, and a package can always be removed.
  if (flags.root !== '') requireOwnPlaces(site, firstPlaces)
  const manifest = manifestOf(site)
  if (flags.root !== '') requireOwnPlaces(site, manifest?.entries ?? [])
  const file = join(flags.root, site.manifest)
  // An installation that was killed before its first record has left the folder.
  const isTraced = existsSync(dirname(file))
  const gate =
    flags.dryRun || !isTraced
      ? null
      : enterGate(`${file}.gate`, null, 60_000, { mostMs: installMostMs })
  try {
    const prepared = prepare(site, [])
    if (!flags.json) say(prepared.notes)
    const confirmed = await isConfirmed(prepared, flags)
    if (!confirmed && !flags.dryRun) return 1
    const notes = confirmed && manifest !== null ? await clear(site, manifest, flags) : []
    if (flags.json) print([jsonText(changesObject(prepared, flags, [...prepared.notes, ...notes]))])
    else if (confirmed) {
      const changed = prepared.changes.length
      const back = { earlier: manifest, path: process.env['PATH'] ?? '' }
      const undo = undoUninstall({ ...flags, scope: 'system' }, back)
      print(uninstalledLines({ changed, undo }))
    }
    return notes.length > 0 ? exitCodes.attention : 0
  } finally {
    gate?.leave()
    if (gate !== null && manifestOf(site) === null) removeManifestFolder(site, flags.root)
  }
}

/** What a hand-back, or the clearing of a home, may take: longer than the wait for a run that is at work there. */
const eachUserMs = 120_000

/**
 * Configuration first, so that no run takes a token into custody again; the program last: users run it. It stays
 * as long as a login needs it, or may: gives the lines that say so.
 */
async function clear(site: Site, manifest: Manifest, flags: UninstallFlags): Promise<string[]> {
  const live = flags.root === ''
  takeBack(site, isConfig)
  const timers = timersIn(manifest)
  if (live) {
    stopSystemTimers(timers.filter(isUnit(manifest, 'system')))
    await stopTimersOfUsers(timers.filter(isUnit(manifest, 'user')))
  }
  const { users, isWhole } = live ? await usersWithLogins() : { users: [], isWhole: true }
  const left = flags.leaveLogins ? [] : await handBackAll(users)
  const stays = flags.leaveLogins ? [] : leftLines(left, isWhole, systemProgram)
  say(stays)
  takeBack(site, ({ path }) => !isOfProgram(path))
  await inTurns(
    users.filter(user => !left.includes(user)),
    async user => tell(user, await asUser(user, 'leftovers')),
  )
  if (stays.length > 0) keepRuntime()
  else takeBack(site, () => true)
  if (live) {
    reloadSystem()
    await reloadUsers()
    if (groupMembers(sharedGroup) !== null && manifest.entries.some(isSharedGroup))
      say([`the group ${sharedGroup} stays: something needs it`, `hint: groupdel ${sharedGroup}`])
  }
  return stays
}

/** The program itself, or a folder above it. */
function isOfProgram(path: string): boolean {
  const [one, other] = [`${path}/`, `${systemProgram}/`]
  return one.startsWith(other) || other.startsWith(one)
}

/** Each user separately: a failure of one does not affect the others. */
async function handBackAll(users: Account[]): Promise<Account[]> {
  const ends = await inTurns(users, async user => {
    const end = await asUser(user, 'hand-back')
    tell(user, end)
    return { user, isDone: end.kind === 'ended' && end.code === 0 }
  })
  return ends.filter(({ isDone }) => !isDone).map(({ user }) => user)
}

/** How claude-auth is started in the homes of users: as it is installed, else as it runs here. */
export function programForUsers(): { node: string; script: string } {
  const installed = join(systemProgram, 'current')
  const root = existsSync(join(installed, 'bin/claude-auth')) ? installed : ownRoot()
  const recorded = join(installed, 'node')
  const node = existsSync(recorded) ? recorded : process.execPath
  return { node, script: join(root, 'bin/claude-auth') }
}

function asUser(user: Account, step: 'hand-back' | 'leftovers'): Promise<EndedAsUser> {
  const { node, script } = programForUsers()
  const words = [script, 'uninstall', '--as-user', step]
  return runAsUser(user, node, words, { timeoutMs: eachUserMs })
}

function tell(user: Account, end: EndedAsUser): void {
  if (end.kind !== 'ended' || end.code !== 0) say(asUserLines(user.name, end))
}

/** A program that stays has its Node with it, where that would go with the package that we run from. */
function keepRuntime(): void {
  const link = join(systemProgram, 'current/node')
  try {
    const real = realpathSync.native(link)
    if (!real.startsWith(`${ownRoot()}/`)) return
    const copy = `${link}.${process.pid}`
    copyFileSync(real, copy)
    chmodSync(copy, 0o755)
    renameSync(copy, link)
  } catch {
    // No room for it: then the command takes a Node on PATH.
  }
}

function isSharedGroup({ path }: Entry): boolean {
  return path === `group:${sharedGroup}`
}

function isUnit({ entries }: Manifest, scope: 'system' | 'user') {
  return (name: string) => entries.some(({ path }) => path === `/etc/systemd/${scope}/${name}`)
}

/** Why the program stays: whose login could not be handed back, and the command that does it later. Empty where no login can need it. */
function leftLines(left: Account[], isWhole: boolean, program: string): string[] {
  if (left.length === 0 && isWhole) return []
  const command = quoted(join(program, 'current/bin/claude-auth'))
  return [
    ...(isWhole
      ? []
      : [
          `the directory of users gives no answer (${listDirectory}): the logins of users whom only it knows are not handed back`,
        ]),
    ...left.map(
      ({ name, home }) =>
        `not handed back: the login of ${clean(name, 60)}; it stays sealed in ${clean(join(home, '.local/share/claude-auth'), 200)}, readable by its owner`,
    ),
    `for ${left.length === 1 && isWhole ? 'it' : 'them'} the program stays in ${program}; it hands back, and goes, by:`,
    `hint: sudo ${command} uninstall --system   (or as the user: ${command} uninstall)`,
  ]
}
