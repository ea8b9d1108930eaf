// Handing a refresh token back from the sealed store to the login file, before claude-auth leaves or is switched off.

import { existsSync } from 'node:fs'
import type { Config } from '../host/config.js'
import { type Env, ownPaths } from '../host/paths.js'
import { readLoginFile } from '../login/login-file.js'
import { clearMarks } from '../login/marks.js'
import { configOf, type Place, placeOf } from '../place.js'
import { runOnce } from './run-once.js'

/** `nothing`: no token is kept elsewhere. `kept`: it could not be put back; `why` in words. */
export type HandedBack =
  | { kind: 'handed-back' }
  | { kind: 'nothing' }
  | { kind: 'kept'; why: string }

/** Runs the engine with the client's own custody; the configuration on disk is no matter. */
export async function handBack(place: Place, env: Env): Promise<HandedBack> {
  if (!isKeptElsewhere(place)) return { kind: 'nothing' }
  const { outcome, trouble } = await runOnce(env, {
    actor: 'command',
    adjust: config => ({ ...config, ...ofTheClient }),
  })
  if (!isKeptElsewhere(place)) return { kind: 'handed-back' }
  // What only a new sign-in can help has no token that could be handed back.
  if (outcome.verdict === 'sign-in') return { kind: 'nothing' }
  return { kind: 'kept', why: trouble ?? `${outcome.verdict}: ${outcome.because}` }
}

/** Would the login stay in the care of claude-auth, because the machine's file says so? */
export async function staysSole(place: Place, env: Env): Promise<boolean> {
  const config = await configOf(place, env)
  return config.custody === 'sole'
}

/**
 * Switched off, nobody renews but the client: what we have sealed goes back to it, once, and nobody is told.
 * Without that a login in sole custody would end with its access token. Of a user who is parked it stays,
 * for their return. The gate may be held already.
 */
export async function handBackWhenOff(
  { off }: Config,
  env: Env,
  gateDescriptor: number | null,
): Promise<void> {
  if (off === null || off.because === 'parked') return
  const place = placeOf(env)
  if (!place.owned || !isSealed(place, env)) return
  await runOnce(env, {
    actor: 'command',
    gateDescriptor,
    adjust: config => ({
      ...config,
      ...ofTheClient,
      alerts: { ...config.alerts, slack: null, command: null },
    }),
  })
  // A launch that is switched off has no marks to go by.
  clearMarks(place.paths)
}

/** Is the login one without a refresh token, of which we have sealed a copy? */
export function isSealed(place: Place, env: Env): boolean {
  return isKeptElsewhere(place) && existsSync(ownPaths(env, place.person.home).localStore)
}

const ofTheClient = { custody: 'shared', mode: 'on', off: null } as const

/** The file has a login that ends, and no refresh token: that one lies in the store. */
function isKeptElsewhere({ paths, person }: Place): boolean {
  const file = readLoginFile(paths.loginFile, person.uid)
  return (
    file.kind === 'login' && file.login.refreshToken === null && file.login.expiresAtMs !== null
  )
}
