// The engine in process, on real files in a throwaway home and against the stand-in authority; the test moves its clock.

import { randomBytes } from 'node:crypto'
import { readFileSync, utimesSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Test } from 'tap'
import { type Authority, startAuthority } from '../../src/demo/authority.js'
import type { User } from '../../src/demo/grants.js'
import { startRun } from '../../src/engine/context.js'
import { ensure } from '../../src/engine/ensure.js'
import { configOf, loginContextOf } from '../../src/engine/login-context.js'
import type { Run } from '../../src/engine/run.js'
import type { Memory } from '../../src/login/memory.js'
import { readMemory } from '../../src/login/memory.js'
import type { Outcome } from '../../src/policy/outcome.js'
import { ownPaths } from '../../src/system/paths.js'
import { makeHome, trivialClient } from './home.js'
import { type FirstLogin, loginOnDisk, putFirst } from './login-on-disk.js'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const custodies = ['shared', 'sole'] as const

export interface EngineOptions {
  login?: FirstLogin
  /** Keys of our configuration. */
  config?: Record<string, unknown>
  env?: Record<string, string>
  /** Another host of the same user: the same authority and clock, with a home of its own. */
  beside?: { authority: Authority; clock: { ms: number } }
  /** How far this host's own clock is ahead of the authority's; behind, if negative. */
  aheadMs?: number
}

interface EnsureFlags {
  forced?: boolean
  offline?: boolean
  actor?: Run['actor']
}

const user: User = {
  email: 'alice@example.com',
  accountUuid: 'a11ce000-0000-4000-8000-000000000001',
  organizationUuid: '0a900000-0000-4000-8000-000000000002',
  organizationName: 'Example',
  subscriptionType: 'enterprise',
}

/** Everything ends with the test. */
export async function engine(t: Test, options: EngineOptions = {}) {
  const clock = options.beside?.clock ?? { ms: Date.now() }
  const authority =
    options.beside?.authority ??
    (await startAuthority({ now: () => clock.ms, random: randomBytes }))
  const home = makeHome(user, trivialClient, process.execPath)
  t.teardown(async () => {
    if (!options.beside) await authority.close()
    home.remove()
  })
  const env = { HOME: home.path, PATH: `${home.tools}:/usr/bin:/bin`, ...options.env }
  const disk = loginOnDisk(home)
  const configure = (config: Record<string, unknown> = {}) => {
    const endpoints = { oauth: authority.url, api: authority.url }
    home.write(home.configFile, JSON.stringify({ version: 1, endpoints, ...config }))
    // A configuration saved in this very instant may change again unseen, so it leaves no mark.
    const aMomentAgo = new Date(Date.now() - 1000)
    for (const path of [home.configFile, dirname(home.configFile)])
      utimesSync(path, aMomentAgo, aMomentAgo)
  }
  configure(options.config)
  putFirst(options.login ?? 'valid', disk, authority, user)

  const run = async ({
    forced = false,
    offline = false,
    actor = 'command',
  }: EnsureFlags = {}): Promise<Run> => {
    const place = loginContextOf(env)
    const started = await startRun(place, await configOf(place, env), {
      env,
      cwd: home.path,
      actor,
      forced,
      offline,
      signedIn: false,
      client: null,
      isClientChosen: false,
      configReadAtMs: Date.now(),
    })
    return { ...started, now: () => clock.ms + (options.aheadMs ?? 0), random: () => 1 }
  }

  return {
    user,
    home,
    clock,
    authority,
    configure,
    run,
    ...disk,
    /** One whole run, as `claude-auth ensure`. */
    ensure: async (flags?: EnsureFlags): Promise<Outcome> => {
      const options = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
      return (await ensure(await run(flags), options)).outcome
    },
    /** For the server too. */
    pass: (ms: number) => {
      clock.ms += ms
    },
    signIn: (lifeMs?: number) =>
      authority.signIn({ user, ...(lifeMs === undefined ? {} : { lifeMs }) }),
    memory: (): Memory => readMemory(home.paths.stateFile),
    stored: async () => {
      const read = await (await run()).store?.read()
      return read?.kind === 'current' ? read.stored.login : null
    },
    fileText: () => readFileSync(home.paths.loginFile, 'utf8'),
    /** Requests to an endpoint so far. */
    asked: (endpoint: string) =>
      authority.requests.filter(request => request.endpoint === endpoint).length,
    storeFolder: ownPaths(env, home.path).localStore,
    refreshTokens: () => authority.secrets().filter(secret => secret.includes('-ort01-')),
  }
}

export type Engine = Awaited<ReturnType<typeof engine>>

/** The steps of a run in words. */
export function storyOf({ steps }: Outcome): string {
  return steps.map(step => `${step.do} ${step.because}`).join(', ')
}
