// Checks of the wrapper and of the hooks, and whether anybody has installed us here.

import { hookWords, wrapperWords } from '../report/doctor-launch-text.js'
import { type Finding, found, ok } from './check.js'
import type { ClientFacts } from './facts-client.js'
import type { LoginFacts } from './facts-login.js'
import type { ShellFacts } from './facts-shells.js'

export type Launch = { login: LoginFacts; client: ClientFacts; shells: ShellFacts }

export const hookEvents = ['SessionStart', 'UserPromptSubmit', 'StopFailure', 'SessionEnd']

/** Has anybody installed us here? Then what is missing is a fault, else only to be known. */
export function isInstalled({ client, shells }: Launch): boolean {
  const isFound = Object.values(shells.shells).some(
    ({ login, interactive }) => login.kind === 'wrapper' || interactive.kind === 'wrapper',
  )
  return shells.hasManifest || client.hooks.length > 0 || shells.link.kind === 'wrapper' || isFound
}

/** The link that install makes, and what came in its place. */
export function wrapper(facts: Launch): Finding | null {
  const { link, shells, wrapper } = facts.shells
  const { path, uid, leadsTo } = link
  if (link.kind === 'wrapper') return ok(wrapperWords.linked(path))
  if (!isInstalled(facts)) return found('note', wrapperWords.notInstalled)
  if (link.kind === 'client') {
    const isYours = uid === facts.login.place.person.uid
    const fix = { do: 'relink', path, target: wrapper } as const
    return found('warn', wrapperWords.overwritten(path), ...(isYours ? [fix] : []))
  }
  if (link.kind === 'dangling') return found('warn', wrapperWords.dangling(path, leadsTo ?? ''))
  // A system install has it in another folder, and what install leaves alone it is put before.
  const isFound = Object.values(shells).some(({ login }) => login.kind === 'wrapper')
  if (link.kind === 'other' && !isFound)
    return link.stays
      ? found('note', wrapperWords.stays(path))
      : found('warn', wrapperWords.replaced(path))
  return isFound ? ok(wrapperWords.elsewhere) : found('warn', wrapperWords.gone)
}

/** Are the hooks there, and do they start something? */
export function hooks(facts: Launch): Finding {
  const { hooks, unread } = facts.client
  if (hooks.length === 0 && unread !== null) return found('note', hookWords.unread(unread))
  if (hooks.length === 0) return found(isInstalled(facts) ? 'warn' : 'note', hookWords.none)
  const missing = hookEvents.filter(event => hooks.every(hook => hook.event !== event))
  if (missing.length > 0) return found('warn', hookWords.missing(missing))
  const dangling = hooks.find(({ canRun }) => !canRun)
  if (dangling) return found('warn', hookWords.dangling(dangling.program, dangling.file))
  return ok(hookWords.good(hooks.some(({ scope }) => scope === 'managed') ? 'managed' : 'user'))
}

/** Managed hooks run whatever the user switched off; the user's own need both. */
export function hooksPolicy({ hooks, switches }: ClientFacts): Finding | null {
  if (hooks.length === 0) return null
  const isManaged = hooks.some(({ scope }) => scope === 'managed')
  const off = switches.find(({ key, managed }) =>
    key === 'disableAllHooks' ? managed || !isManaged : !isManaged,
  )
  return off ? found('warn', hookWords.off(off.key, off.file, off.managed)) : ok(hookWords.running)
}
