// `claude-auth install`: link, hooks, timer and custody for one person, then a first look at the login.

import { readClientSettings, settingsFolder } from '../host/client-settings.js'
import { installMostMs } from '../host/end-of-run.js'
import { enterGate } from '../host/gate.js'
import type { Env } from '../host/paths.js'
import { installedCommand } from '../host/program-places.js'
import { whyNotStarted } from '../host/program-start.js'
import {
  carryOut,
  folderAbove,
  isInPlace,
  manifestOf,
  prepare,
  removeUnused,
  type Site,
} from '../install/carry-out.js'
import type { Manifest } from '../install/manifest.js'
import { startUserTimers } from '../install/services.js'
import { shellAdvice } from '../install/shell-check.js'
import { userFacts } from '../install/user-facts.js'
import { type UserFacts, userManifest, userPlan } from '../install/user-plan.js'
import type { InstallFlags } from '../install/wishes.js'
import { exitCodes } from '../outcome.js'
import { notOurs, type Place, placeOf } from '../place.js'
import { cleanLine } from '../report/clean.js'
import { ensureLines } from '../report/ensure-text.js'
import { errorLines } from '../report/error-text.js'
import { installedLines, skippedSettingsLines } from '../report/install-text.js'
import { jsonText } from '../report/json-text.js'
import { version } from '../version.js'
import { changesObject, isWanted, print, say } from './ask-first.js'
import { whyNotCalled, whyNotReached } from './custody-proof.js'
import { chosen } from './install-system.js'
import { runOnce } from './run-once.js'

export function userSite({ person }: Place): Site {
  const gid = process.getegid?.() ?? -1
  return { prefix: '', manifest: userManifest(person.home), uid: person.uid, gid }
}

/** Throws `usage`, `not-private` or `write-failed`; the first two with nothing changed. */
export async function installUser(flags: InstallFlags, env: Env): Promise<number> {
  const place = placeOf(env)
  if (!place.owned) throw notOurs(place)
  const site = userSite(place)
  const upTo = folderAbove(site)
  const gate = flags.dryRun ? null : enterGate(`${site.manifest}.gate`, null, 60_000, installMostMs)
  try {
    const manifest = manifestOf(site)
    const choices = chosen({ ...flags, base: null }, manifest?.choices ?? null)
    const facts = userFacts(place, env, { version, choices }, manifest)
    const prepared = prepare(site, userPlan(facts))
    if (!flags.json) say(prepared.notes)
    const isDone = await isWanted(prepared, flags)
    if (!isDone && !flags.dryRun) return 1
    if (isDone && !isInPlace(prepared)) carryOut(prepared, { version, choices })
    const whyShared = isDone ? await whyNotSole(place, facts, manifest, env) : null
    const custody = whyShared === null ? choices.custody : 'shared'
    if (whyShared !== null) {
      const shared = { ...choices, custody: 'shared' } as const
      const again = prepare(site, userPlan({ ...facts, choices: shared }))
      if (!isInPlace(again)) carryOut(again, { version, choices: shared })
      say([`custody stays shared: ${whyShared}`])
    }
    if (isDone && facts.wantsUnits && prepared.changes.length > 0)
      startUserTimers(facts.shipped.userUnits)
    const skipped = await skippedLines(place, env)
    if (!flags.json) say(skipped)
    const login = isDone ? await firstEnsure(env) : null
    const notes = [...prepared.notes, ...skipped]
    if (flags.json) print([jsonText(changesObject(prepared, flags, notes))])
    const isWhole = whyShared === null && prepared.unmade.length === 0
    const code = isWhole ? 0 : exitCodes.attention
    const isForCopy = prepared.unmade.some(({ path }) => path === facts.settingsFile)
    if (isForCopy && !flags.json) print(entriesToCopy(facts))
    if (flags.json || login === null) return code
    if (prepared.changes.length > 0) print([custodyLine(custody)])
    print(login.lines)
    const { home, program } = facts
    const next = shellAdvice(env, home, program) ?? (login.signIn ? 'claude-auth login' : null)
    print(installedLines({ scope: 'user', changed: prepared.changes.length, next }))
    return code
  } finally {
    gate?.leave()
    if (gate !== null) removeUnused(site, upTo)
  }
}

/** The hooks, for settings that are made elsewhere. */
function entriesToCopy({ settingsFile, shipped }: UserFacts): string[] {
  return [
    `Put these entries into ${cleanLine(settingsFile)} where it is made, then type: claude-auth install`,
    ...shipped.settings.trimEnd().split('\n'),
  ]
}

/** What the client does not read of the user's settings, as they are now. */
async function skippedLines(place: Place, env: Env): Promise<string[]> {
  const folder = settingsFolder(env, place.person.home)
  const { notes, skipped } = await readClientSettings({ folder, cwd: '/' })
  return skippedSettingsLines({ notes: notes.filter(note => !note.clientReads), skipped })
}

/**
 * Why the refresh token may not leave the login file here: nobody would renew the login. A server that is away for
 * now, or another shell, takes nothing back from an installation that has the token in custody already.
 */
async function whyNotSole(
  place: Place,
  facts: UserFacts,
  before: Manifest | null,
  env: Env,
): Promise<string | null> {
  if (facts.choices.custody !== 'sole') return null
  const unable = whyNotStarted(installedCommand(facts.program), env)
  if (unable !== null || before?.choices.custody === 'sole') return unable
  return (await whyNotCalled(place, facts, env)) ?? (await whyNotReached(place, env))
}

function custodyLine(custody: 'sole' | 'shared'): string {
  return custody === 'sole'
    ? 'Custody: sole; the refresh token lies in the sealed store only (--custody shared keeps it in the file).'
    : 'Custody: shared; the refresh token stays in the login file.'
}

/** What is wrong with the login is told, and is no failure of the installation. */
async function firstEnsure(env: Env): Promise<{ signIn: boolean; lines: string[] }> {
  try {
    const { outcome, trouble } = await runOnce(env, { actor: 'command' })
    const lines = ensureLines(outcome, Date.now(), trouble).filter(
      line => !line.startsWith('Type:'),
    )
    return { signIn: outcome.verdict === 'sign-in', lines }
  } catch (error) {
    say(errorLines(error).map(line => line.replace(/^claude-auth: /, '')))
    return { signIn: false, lines: [] }
  }
}
