// Proof that sole custody can be served here: something calls our installed program, and it reaches the login server.

import { existsSync } from 'node:fs'
import { networkOf } from '../anthropic/network.js'
import { reach } from '../anthropic/reach.js'
import { readClientSettings, type SettingsSource, settingsFolder } from '../host/client-settings.js'
import { currentFolder } from '../host/current-folder.js'
import type { Env } from '../host/paths.js'
import { isOurHook } from '../install/hook-entries.js'
import { shellAdvice } from '../install/shell-check.js'
import type { UserFacts } from '../install/user-plan.js'
import { configOf, type Place } from '../place.js'
import { tlsWords } from '../report/trouble-words.js'

/**
 * Why nothing would call our program, with what to type; null where the client's hooks, a timer or the wrapper do. The
 * wrapper counts where the shell that `env` is of meets it.
 */
export async function whyNotCalled(
  { person, paths }: Place,
  { home, program, wantsUnits }: UserFacts,
  env: Env,
): Promise<string | null> {
  const hasTimer =
    existsSync('/etc/systemd/user/claude-auth.timer') &&
    existsSync(`/run/user/${person.uid}/systemd/private`)
  if (wantsUnits || hasTimer) return null
  const { sources } = await readClientSettings({ folder: settingsFolder(env, home), cwd: '/' })
  if (runsHooks(sources)) return null
  const advice = shellAdvice(env, home, program)
  if (advice === null) return null
  return `Claude runs no hooks of ${paths.folder}, there is no timer, and this shell does not meet the wrapper; type: ${advice}`
}

/** Does the client run our hook at the start of a session? Managed hooks run whatever the user's settings say. */
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
export async function whyNotReached(place: Place, env: Env): Promise<string | null> {
  const folder = settingsFolder(env, place.person.home)
  const settings = await readClientSettings({ folder, cwd: currentFolder() })
  const { endpoints } = await configOf(place, env, { readOnly: true })
  const found = await reach(networkOf(env, settings), endpoints.oauth, serverLimitMs)
  if (found.kind === 'reached') return null
  return found.tls
    ? tlsWords(found.what)
    : `${endpoints.oauth} is not reached (${found.what}); type: claude-auth doctor --only network`
}
