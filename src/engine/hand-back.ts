// Handing a refresh token back from the sealed store to the login file, before claude-auth leaves or is switched off.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { silenced } from '../alerts/sinks.js'
import type { Config } from '../config/config.js'
import { hasLeft } from '../config/config.js'
import { readLoginFile } from '../login/login-file.js'
import { clearMarks } from '../login/marks.js'
import { readMemory } from '../login/memory.js'
import { type Env, ownPaths } from '../system/paths.js'
import { troubleText } from '../text/trouble.js'
import { configOf, type LoginContext, loginContextOf, type OwnLogin } from './login-context.js'
import { mayBeUsedByOthers, readStore } from './read-store.js'
import { commit } from './run.js'
import { runOnce } from './run-once.js'

/**
 * `nothing`: no token is kept elsewhere, or none that could help. `elsewhere`: other hosts renew this login,
 * and a second copy of its refresh token would sign them out. `kept`: it could not be put back; `why` in words.
 */
export type HandedBack =
  | { kind: 'handed-back' | 'nothing' | 'elsewhere' }
  | { kind: 'kept'; why: string }

/** With the configuration of its last run: that on disk may have gone. A user who has left gets nothing back. */
export async function handBack({ config, ...login }: OwnLogin): Promise<HandedBack> {
  const { place, env, name } = login
  if (hasLeft(place.person.uid) || !isKeptElsewhere(place, env, name)) return { kind: 'nothing' }
  const { outcome, trouble, isElsewhere } = await give(login, inForce => config ?? inForce)
  if (isElsewhere) return { kind: 'elsewhere' }
  if (!isKeptElsewhere(place, env, name)) return { kind: 'handed-back' }
  // A login that only a new sign-in can help has no token to hand back.
  if (outcome.verdict === 'sign-in') return { kind: 'nothing' }
  return {
    kind: 'kept',
    why: trouble ? troubleText(trouble) : `${outcome.verdict}: ${outcome.because}`,
  }
}

/** A run at work ends within that time; a process that holds the gate longer keeps it. */
const gateWaitMs = 40_000

/** Would the login stay in the care of claude-auth, because the machine's file says so? */
export async function staysSole(place: LoginContext, env: Env): Promise<boolean> {
  const config = await configOf(place, env)
  return config.custody === 'sole'
}

/**
 * When switched off, only the client renews: the sealed refresh token goes back to it, once, and no alert is sent.
 * Without that a login in sole custody would end with its access token. Of a user who is parked it stays,
 * for their return, and of one who has left it stays for good. The gate may be held already.
 */
export async function handBackWhenOff(
  { off, profile }: Config,
  env: Env,
  gateDescriptor: number | null,
): Promise<void> {
  const isLeft = off?.because === 'config' || off?.because === 'not-enrolled'
  const place = loginContextOf(env)
  if (!isLeft || profile === null || !place.owned || !isSealed(place, env)) return
  const quiet = (config: Config) => ({ ...config, alerts: silenced(config.alerts) })
  await give({ env, name: profile }, quiet, gateDescriptor)
  // A launch that is switched off has no marks to go by.
  clearMarks(place.paths)
}

/** Runs the engine with the client's own custody; not where other hosts renew the same login. */
async function give(
  { env, name }: Pick<OwnLogin, 'env' | 'name'>,
  adjust: (config: Config) => Config,
  gateDescriptor: number | null = null,
) {
  let isElsewhere = false
  const ended = await runOnce(env, {
    actor: 'command',
    gateDescriptor,
    gateWaitMs,
    // The mark of a user who has left may have come since the caller looked.
    adjust: inForce =>
      inForce.off?.because === 'left'
        ? inForce
        : {
            ...adjust(inForce),
            // No alert of a login that leaves claude-auth.
            fleet: { ...inForce.fleet, publish: false },
            custody: 'shared',
            mode: 'on',
            off: null,
            profile: name,
          },
    prepare: async run => {
      if (run.store?.isShared) await readStore(run)
      isElsewhere = mayBeUsedByOthers(run, false)
      if (isElsewhere) commit(run, { learned: { config: { ...run.config, custody: 'sole' } } })
    },
  })
  return { ...ended, isElsewhere }
}

/** Is the login in the file one without a refresh token, and there is a sealed store? */
function isSealed({ paths, person }: LoginContext, env: Env): boolean {
  return (
    isStripped(paths.loginFile, person.uid) && existsSync(ownPaths(env, person.home).localStore)
  )
}

/** Has the store what the login file should have: a refresh token, or the login as a whole? */
function isKeptElsewhere({ paths, person }: LoginContext, env: Env, name: string): boolean {
  if (isStripped(paths.loginFile, person.uid)) return true
  if (readLoginFile(paths.loginFile, person.uid).kind === 'login') return false
  const isOut = existsSync(paths.signedOut) || readMemory(paths.stateFile).signedOut !== null
  return !isOut && existsSync(join(ownPaths(env, person.home).localStore, `${name}.jwe`))
}

/** A login that ends and has no refresh token: the store has it. */
function isStripped(loginFile: string, uid: number): boolean {
  const file = readLoginFile(loginFile, uid)
  return (
    file.kind === 'login' && file.login.refreshToken === null && file.login.expiresAtMs !== null
  )
}
