// `claude-auth install`: link, hooks, timer and custody for one person, then a first look at the login.

import { enterGate } from '../host/gate.js'
import type { Env } from '../host/paths.js'
import {
  carryOut,
  folderAbove,
  isInPlace,
  manifestOf,
  prepare,
  removeUnused,
  type Site,
} from '../install/carry-out.js'
import { startUserTimers } from '../install/services.js'
import { shellAdvice } from '../install/shell-check.js'
import { userFacts } from '../install/user-facts.js'
import { userManifest, userPlan } from '../install/user-plan.js'
import { notOurs, type Place, placeOf } from '../place.js'
import { ensureLines } from '../report/command-text.js'
import { errorLines } from '../report/error-text.js'
import { installedLines } from '../report/install-text.js'
import { version } from '../version.js'
import { changesObject, isWanted, print, say } from './ask-first.js'
import type { InstallFlags } from './install-flags.js'
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
  const gate = flags.dryRun ? null : enterGate(`${site.manifest}.gate`, null, 60_000)
  try {
    const manifest = manifestOf(site)
    const choices = chosen({ ...flags, base: null }, manifest?.choices ?? null)
    const facts = userFacts(place, env, { version, choices }, manifest)
    const prepared = prepare(site, userPlan(facts))
    if (!flags.json) say(prepared.notes)
    const isDone = await isWanted(prepared, flags)
    if (!isDone && !flags.dryRun) return 1
    if (isDone && !isInPlace(prepared)) carryOut(prepared, { version, choices })
    if (isDone && facts.wantsUnits && prepared.changes.length > 0)
      startUserTimers(facts.shipped.userUnits)
    const login = isDone ? await firstEnsure(env) : null
    if (flags.json) print([JSON.stringify(changesObject(prepared, flags, prepared.notes))])
    if (flags.json || login === null) return 0
    if (prepared.changes.length > 0) print([custodyLine(choices.custody)])
    print(login.lines)
    const { home, program } = facts
    const next = shellAdvice(env, home, program) ?? (login.signIn ? 'claude-auth login' : null)
    print(installedLines({ scope: 'user', changed: prepared.changes.length, next }))
    return 0
  } finally {
    gate?.leave()
    if (gate !== null) removeUnused(site, upTo)
  }
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
