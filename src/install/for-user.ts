// `claude-auth install`: link, hooks, timer and custody for one person, then a first look at the login.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { reach } from '../anthropic/login-server.js'
import { networkOf } from '../anthropic/network.js'
import { ensureLines } from '../engine/ensure-words.js'
import { configOf, type LoginContext, loginContextOf, notOurs } from '../engine/login-context.js'
import { runOnce } from '../engine/run-once.js'
import {
  readClientSettings,
  type SettingsSource,
  settingsFolder,
} from '../login/client-settings.js'
import { exitCodes } from '../policy/outcome.js'
import { enterGate, installMostMs } from '../system/gate.js'
import type { Env } from '../system/paths.js'
import { installedCommand, isWrapper, whyNotStarted } from '../system/program-places.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import { currentFolder } from '../system/users.js'
import { cleanLine, jsonText } from '../text/clean.js'
import { errorLines, networkTrouble, troubleText } from '../text/trouble.js'
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
import { chosen } from './for-system.js'
import type { Manifest } from './manifest.js'
import { startUserTimers } from './services.js'
import { sh } from './shells/posix.js'
import { shells } from './shells/table.js'
import { isOurHook } from './shipped.js'
import { type UserFacts, userFacts, userManifest, userPlan } from './user-plan.js'
import { undoInstall } from './way-back.js'
import type { InstallFlags } from './words.js'
import {
  changesObject,
  installedLines,
  isConfirmed,
  print,
  say,
  skippedSettingsLines,
} from './words.js'

export function userSite({ person }: LoginContext): Site {
  const gid = process.getegid?.() ?? -1
  return { prefix: '', manifest: userManifest(person.home), uid: person.uid, gid }
}

/** Throws `usage`, `not-private` or `write-failed`; the first two with nothing changed. */
export async function installUser(flags: InstallFlags, env: Env): Promise<number> {
  const place = loginContextOf(env)
  if (!place.owned) throw notOurs(place)
  const site = userSite(place)
  const upTo = folderAbove(site)
  const gate = flags.dryRun
    ? null
    : enterGate(`${site.manifest}.gate`, null, 60_000, { mostMs: installMostMs, isOptional: true })
  try {
    const manifest = manifestOf(site)
    const choices = chosen({ ...flags, base: null }, manifest?.choices ?? null)
    const facts = userFacts(place, env, { version, choices }, manifest)
    const prepared = prepare(site, userPlan(facts))
    if (!flags.json) say(prepared.notes)
    const isDone = await isConfirmed(prepared, flags)
    if (!isDone && !flags.dryRun) return 1
    if (isDone && !isInPlace(prepared)) execute(prepared, { version, choices })
    const whyShared = isDone ? await whyNotSole(place, facts, manifest, env) : null
    const custody = whyShared === null ? choices.custody : 'shared'
    if (whyShared !== null) {
      const shared = { ...choices, custody: 'shared' } as const
      const again = prepare(site, userPlan({ ...facts, choices: shared }))
      if (!isInPlace(again)) execute(again, { version, choices: shared })
      say([`custody stays shared: ${troubleText(whyShared)}`])
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
    if (prepared.changes.length > 0 && manifest?.choices.custody !== custody)
      print([custodyLine(custody)])
    print(login.lines)
    const { home, program } = facts
    const next = shellAdvice(env, home, program) ?? (login.signIn ? 'claude-auth login' : null)
    print(
      installedLines({
        scope: 'user',
        changed: prepared.changes.length,
        isFirst: manifest === null,
        next,
        undo: undoInstall({ ...flags, scope: 'user' }),
      }),
    )
    return code
  } finally {
    gate?.leave()
    if (gate !== null) removeUnused(site, upTo)
  }
}

/** The hooks, for settings that another program generates. */
function entriesToCopy({ settingsFile, shipped }: UserFacts): string[] {
  return [
    `Put these entries into ${cleanLine(settingsFile)} where it is made, then type: claude-auth install`,
    ...shipped.settings.trimEnd().split('\n'),
  ]
}

/** What the client does not read of the user's settings, as they are now. */
async function skippedLines(place: LoginContext, env: Env): Promise<string[]> {
  const folder = settingsFolder(env, place.person.home)
  const { notes, skipped } = await readClientSettings({ folder, cwd: '/' })
  return skippedSettingsLines({ notes: notes.filter(note => !note.clientReads), skipped })
}

/**
 * Why the refresh token must stay in the login file: nothing would renew the login. An installation that already has it in
 * custody keeps it, even if the server gives no answer now or this shell does not meet the wrapper.
 */
async function whyNotSole(
  place: LoginContext,
  facts: UserFacts,
  before: Manifest | null,
  env: Env,
): Promise<Trouble | null> {
  if (facts.choices.custody !== 'sole') return null
  const unable = whyNotStarted(installedCommand(facts.program), env)
  if (unable !== null || before?.choices.custody === 'sole') return unable
  return (await whyNotCalled(place, facts, env)) ?? (await whyNotReached(place, env))
}

function custodyLine(custody: 'sole' | 'shared'): string {
  return custody === 'sole'
    ? 'Custody: sole; the refresh token is in the sealed store only (--custody shared keeps it in the file).'
    : 'Custody: shared; the refresh token stays in the login file.'
}

/** Trouble with the login is reported, and is not a failure of the installation. */
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

/**
 * Why nothing would call our program; null where the client's hooks, a timer or the wrapper do. The
 * wrapper counts where the shell that `env` is of meets it.
 */
async function whyNotCalled(
  { person, paths }: LoginContext,
  { home, program, wantsUnits }: UserFacts,
  env: Env,
): Promise<Trouble | null> {
  const hasTimer =
    existsSync('/etc/systemd/user/claude-auth.timer') &&
    existsSync(`/run/user/${person.uid}/systemd/private`)
  if (wantsUnits || hasTimer) return null
  const { sources } = await readClientSettings({ folder: settingsFolder(env, home), cwd: '/' })
  if (runsHooks(sources)) return null
  const command = shellAdvice(env, home, program)
  if (command === null) return null
  return makeTrouble(
    `Claude runs no hooks of ${paths.folder}, there is no timer, and this shell does not meet the wrapper`,
    { command },
  )
}

/** Does the client run our hook at the start of a session? Managed hooks run even if the user's settings disable hooks. */
function runsHooks(sources: SettingsSource[]): boolean {
  const isOurs = ({ hooks }: SettingsSource) => (hooks['SessionStart'] ?? []).some(isOurHook)
  const managed = sources.filter(({ scope }) => scope === 'managed')
  if (managed.some(({ disableAllHooks }) => disableAllHooks)) return false
  if (managed.some(isOurs)) return true
  const isOff = sources.some(({ disableAllHooks }) => disableAllHooks)
  if (isOff || managed.some(({ allowManagedHooksOnly }) => allowManagedHooksOnly)) return false
  return sources.some(isOurs)
}

const serverLimitMs = 10_000

/** Why the login server is not reached from here; null where it answered a request without a credential. */
async function whyNotReached(place: LoginContext, env: Env): Promise<Trouble | null> {
  const folder = settingsFolder(env, place.person.home)
  const settings = await readClientSettings({ folder, cwd: currentFolder() })
  const { endpoints } = await configOf(place, env, { readOnly: true })
  const found = await reach(networkOf(env, settings), endpoints.oauth, serverLimitMs)
  if (found.kind === 'reached') return null
  if (found.tls) return networkTrouble(found.what)
  return { ...networkTrouble(`${endpoints.oauth} is not reached`), place: found.what }
}

/** The command that puts the wrapper's folder first on PATH for this shell; null where the wrapper is found. */
function shellAdvice(env: Env, home: string, program: string): string | null {
  const first = (env['PATH'] ?? '')
    .split(':')
    .map(folder => join(folder, 'claude'))
    .find(path => path.startsWith('/') && existsSync(path))
  if (first !== undefined && isWrapper(first)) return null
  const own = join(home, '.local/bin/claude')
  const folder =
    existsSync(own) && isWrapper(own) ? '$HOME/.local/bin' : join(program, 'current/bin')
  const name = basename(env['SHELL'] ?? '')
  return (shells.find(each => each.program === name) ?? sh).advice(folder)
}
