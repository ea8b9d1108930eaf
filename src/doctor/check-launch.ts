// Checks of the ways a launch takes: client, wrapper, shells, hooks and Node.

import { clientWords, hookWords, wrapperWords } from '../report/doctor-launch-text.js'
import { machineWords } from '../report/doctor-machine-text.js'
import { type Finding, found, ok } from './check.js'
import type { ClientFacts } from './facts-client.js'
import type { LoginFacts } from './facts-login.js'
import type { MachineFacts } from './facts-machine.js'
import type { ShellFacts } from './facts-shells.js'

export type Launch = { login: LoginFacts; client: ClientFacts; shells: ShellFacts }

/** The clients that this version was tried with, oldest first. */
export const knownClients = ['2.1.197', '2.1.332'] as const
export const hookEvents = ['SessionStart', 'UserPromptSubmit', 'StopFailure', 'SessionEnd']

export function client({ path, version }: ClientFacts): Finding {
  return path === null ? found('fail', clientWords.missing) : ok(clientWords.found(path, version))
}

export function clientVersion({ path, version }: ClientFacts): Finding | null {
  if (path === null) return null
  if (version === null) return found('note', clientWords.noVersion)
  const [oldest, newest] = knownClients
  if (knownClients.some(known => known === version)) return ok(clientWords.known)
  if (isOlder(version, oldest)) return found('warn', clientWords.older(version, oldest))
  return isOlder(newest, version)
    ? found('note', clientWords.newer(version, newest))
    : found('note', clientWords.between(version))
}

function isOlder(one: string, other: string): boolean {
  const [mine, theirs] = [one, other].map(text => text.split('.').map(Number))
  const at = (mine ?? []).findIndex((part, index) => part !== theirs?.[index])
  return at >= 0 && (mine?.[at] ?? 0) < (theirs?.[at] ?? 0)
}

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

export function node({ node }: MachineFacts): Finding {
  if (node === null) return found('warn', machineWords.noNode)
  const { path, version, recorded } = node
  if (version === null) return found('warn', machineWords.nodeGone(path))
  if (version !== 'unknown' && Number(version.split('.')[0]) < 20)
    return found('warn', machineWords.nodeOld(version))
  return ok(machineWords.node(version, recorded))
}
