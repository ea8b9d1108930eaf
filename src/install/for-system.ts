// `claude-auth install --system`: the program, PATH, hooks, timer and skel of a whole machine.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { exitCodes } from '../policy/outcome.js'
import { enterGate, installMostMs } from '../system/gate.js'
import { installedCommand, whyNotStarted } from '../system/program-places.js'
import type { Trouble } from '../system/trouble.js'
import { jsonText } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import { version } from '../version.js'
import {
  execute,
  folderAbove,
  isInPlace,
  manifestOf,
  prepare,
  removeUnused,
  type Site,
} from './execute.js'
import type { Choices } from './manifest.js'
import { requireOwnPlaces } from './own-places.js'
import { startSystemTimers, startTimersOfUsers } from './services.js'
import { instructionsFor } from './shipped.js'
import { systemFacts } from './system-facts.js'
import { systemConfig, systemManifest, systemPlan, systemProgram } from './system-plan.js'
import { undoInstall } from './way-back.js'
import type { InstallFlags } from './words.js'
import { changesObject, installedLines, isConfirmed, print, say } from './words.js'

/** Where an installation for all is recorded; `root` as in the flags. */
export function systemSite(root: string): Site {
  const live = process.geteuid?.() === 0
  const [uid, gid] = live ? [0, 0] : [process.geteuid?.() ?? -1, process.getegid?.() ?? -1]
  return { prefix: root, manifest: systemManifest, uid, gid }
}

/** Places that are read or written before the whole plan is known. */
export const firstPlaces = [systemManifest, systemConfig, systemProgram].map(
  path => ({ path: dirname(path), make: { kind: 'folder', mode: 0o755 } }) as const,
)

/** `isAtWork`: installed on this machine, not in an image, and reported as text. */
interface Installed {
  code: number
  isAtWork: boolean
}

/** Throws `usage`, `config-invalid` or `write-failed`; the first two with nothing changed. */
export async function installSystem(flags: InstallFlags): Promise<Installed> {
  const site = systemSite(flags.root)
  requireOwnPlaces(site, firstPlaces)
  const upTo = folderAbove(site)
  const gate = flags.dryRun
    ? null
    : enterGate(join(flags.root, `${systemManifest}.gate`), null, 60_000, { mostMs: installMostMs })
  let isAtWork = false
  let code: number = exitCodes.ok
  try {
    const manifest = manifestOf(site)
    const choices = chosen(flags, manifest?.choices ?? null)
    const asked = { prefix: flags.root, version, choices, config: flags.config }
    const { facts, notes: found } = await systemFacts(asked, manifest)
    const desired = systemPlan(facts)
    requireOwnPlaces(site, desired)
    const prepared = prepare(site, desired)
    const notes = [...found, ...prepared.notes]
    if (!flags.json) say(notes)
    let whyShared: Trouble | null = null
    if (await isConfirmed(prepared, flags)) {
      if (!isInPlace(prepared)) execute(prepared, { version, choices })
      if (choices.custody === 'sole' && facts.live)
        whyShared = whyNotStarted(installedCommand(systemProgram), process.env)
      if (whyShared !== null) {
        const shared = { ...choices, custody: 'shared' } as const
        const again = prepare(site, systemPlan({ ...facts, choices: shared }))
        if (!isInPlace(again)) execute(again, { version, choices: shared })
        say([`custody stays shared: ${troubleText(whyShared)}`])
      }
      if (facts.live && facts.hasSystemd && prepared.changes.length > 0) {
        startSystemTimers(facts.shipped.systemUnits)
        await startTimersOfUsers(facts.shipped.userUnits)
      }
    } else if (!flags.dryRun) return { code: 1, isAtWork }
    if (flags.json) print([jsonText(changesObject(prepared, flags, notes))])
    else if (!flags.dryRun) {
      const custody = whyShared === null ? choices.custody : 'shared'
      if (prepared.changes.length > 0 && manifest?.choices.custody !== custody)
        print([custodyLine(custody)])
      print(
        installedLines({
          scope: 'system',
          changed: prepared.changes.length,
          isFirst: manifest === null,
          next: next(facts.live),
          undo: undoInstall({ ...flags, scope: 'system' }),
        }),
      )
    }
    isAtWork = !flags.json && !flags.dryRun && facts.live
    code = whyShared === null ? exitCodes.ok : exitCodes.attention
  } finally {
    gate?.leave()
    if (gate !== null) removeUnused(site, upTo)
  }
  return { code, isAtWork }
}

/** A flag that is not given keeps the earlier choice; the first choice of custody is `sole`. */
export function chosen(
  flags: Pick<InstallFlags, 'custody' | 'base'> & Partial<Pick<InstallFlags, 'instructions'>>,
  before: Choices | null,
): Choices {
  const base = flags.base === 'none' ? null : flags.base
  return {
    custody: flags.custody ?? before?.custody ?? 'sole',
    base: flags.base === null ? (before?.base ?? null) : base,
    instructions: instructionsFor(flags.instructions ?? null, before?.instructions ?? null),
  }
}

function custodyLine(custody: Choices['custody']): string {
  return custody === 'sole'
    ? 'Custody: sole; a refresh token leaves its login file at the first check of that user which reaches the login server.'
    : 'Custody: shared; the refresh tokens stay in the login files.'
}

/** On a live machine the report of doctor follows. */
function next(live: boolean): string | undefined {
  if (!live) return 'start the image; users need nothing more.'
  const usual = (process.env['PATH'] ?? '').split(':').includes('/usr/local/bin')
  if (!usual && !existsSync('/usr/bin/claude-auth'))
    return 'export PATH="/usr/local/bin:$PATH"   (this shell does not look there)'
  return undefined
}
