// The sandbox of a test: a throwaway home, a clean environment, and an authority of its own.

import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { ClientLogin } from '../../src/demo/authority.js'
import { type Authority, type AuthorityOptions, startAuthority } from '../../src/demo/authority.js'
import type { User } from '../../src/demo/grants.js'
import {
  type Certificates,
  makeCertificates,
  startTlsProxy,
  type TlsProxy,
} from '../../src/demo/tls.js'
import type { Outcome } from '../../src/policy/outcome.js'
import { type Home, makeHome, trivialClient } from './home.js'
import { type FirstLogin, type LoginOnDisk, loginOnDisk, putFirst } from './login-on-disk.js'
import { endLeftovers, type Run, type RunOptions, run, settle } from './run.js'
import { secretsInFolder, secretsInText } from './secrets.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
export interface SandboxOptions {
  login?: FirstLogin
  /** Path of a client, text of a script, or null for none; a script that echoes its arguments if not given. */
  client?: string | null
  /** `loopback`: our configuration names the authority. `proxy`: everything goes as in production. */
  via?: 'loopback' | 'proxy'
  /** More keys of our configuration. */
  config?: Record<string, unknown>
  authority?: Partial<AuthorityOptions>
  user?: Partial<User>
  /** Another host of the same user: the same authority, with a home of its own. */
  beside?: Pick<Sandbox, 'authority' | 'proxy' | 'user'>
  /** The Node to run with; the present one if not given. */
  node?: string
}

type More = Partial<Omit<RunOptions, 'env'>> & { env?: Record<string, string> }

export interface Sandbox extends LoginOnDisk {
  home: Home
  env: Record<string, string>
  user: User
  authority: Authority
  proxy: TlsProxy
  /** Runs any program in this home; `env` is added to the clean environment. */
  run(command: string, args: string[], more?: More): Promise<Run>
  /** `claude-auth ensure --json …`; `outcome` is null when it printed no JSON object. */
  ensure(args?: string[], more?: More): Promise<Run & { outcome: Outcome | null }>
  /** `claude-auth …`. */
  command(args: string[], more?: More): Promise<Run>
  /** The wrapper: `claude …`. */
  launch(args?: string[], more?: More): Promise<Run>
  /** Waits for background work; throws when it does not end. */
  settle(timeoutMs?: number): Promise<void>
  /** A new sign-in of this sandbox's user, not yet in the file. */
  signIn(lifeMs?: number): ClientLogin
  writeConfig(config: Record<string, unknown>): void
  journal(): Record<string, unknown>[]
  /** Every token minted so far; `refresh` ones only, if asked. */
  secrets(only?: 'refresh'): string[]
  /** Fingerprints of the tokens found in a text, or below a folder (a text that starts with `/`). */
  grepSecrets(where: string, only?: 'refresh'): Promise<string[]>
}

let certificates: Certificates | null = null

/** Where ends are registered: a test, or whatever else has an end. */
export type Teardown = Pick<Test, 'teardown'>

/** Starts one, and ends it with the test: processes, servers and home. */
export async function sandbox(t: Teardown, options: SandboxOptions = {}): Promise<Sandbox> {
  const user: User = {
    email: 'alice@example.com',
    accountUuid: randomUUID(),
    organizationUuid: randomUUID(),
    organizationName: 'Example',
    subscriptionType: 'enterprise',
    ...options.user,
    ...options.beside?.user,
  }
  certificates ??= makeCertificates(Date.now())
  const now = () => Date.now()
  const beside = options.beside
  const authority =
    beside?.authority ?? (await startAuthority({ now, random: randomBytes, ...options.authority }))
  const proxy = beside?.proxy ?? (await startTlsProxy(authority.handle, certificates))
  const client = options.client === undefined ? trivialClient : options.client
  const home = makeHome(user, client, options.node ?? process.execPath)
  t.teardown(async () => {
    await endLeftovers(home.path)
    if (!beside) await Promise.all([proxy.close(), authority.close()])
    home.remove()
  })

  const env: Record<string, string> = {
    LANG: 'C.UTF-8',
    PATH: `${home.tools}:/usr/bin:/bin`,
    HOME: home.path,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: proxy.caFile,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  const runHere: Sandbox['run'] = (command, args, more = {}) =>
    run(command, args, { cwd: home.path, ...more, env: { ...env, ...more.env } })
  const command: Sandbox['command'] = (args, more) =>
    runHere(join(home.tools, 'node'), [join(root, 'bin/claude-auth'), ...args], more)

  const disk = loginOnDisk(home)
  const box: Sandbox = {
    home,
    env,
    user,
    authority,
    proxy,
    run: runHere,
    command,
    ensure: async (args = [], more) => {
      const ended = await command(['ensure', '--json', ...args], more)
      return { ...ended, outcome: outcomeOf(ended.stdout) }
    },
    launch: (args = [], more) => runHere(join(root, 'bin/claude'), args, more),
    settle: async (timeoutMs = 40_000) => {
      if (!(await settle(home.path, timeoutMs))) throw new Error('background work does not end')
    },
    ...disk,
    signIn: lifeMs => authority.signIn({ user, ...(lifeMs === undefined ? {} : { lifeMs }) }),
    writeConfig: config => home.write(home.configFile, JSON.stringify(config, null, 2)),
    journal: () =>
      (existsSync(home.paths.journal) ? readFileSync(home.paths.journal, 'utf8') : '')
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as Record<string, unknown>),
    secrets: only =>
      authority.secrets().filter(each => only === undefined || each.includes('-ort01-')),
    grepSecrets: async (where, only) =>
      where.startsWith('/')
        ? secretsInFolder(where, box.secrets(only))
        : secretsInText(where, box.secrets(only)),
  }
  const endpoints = { oauth: authority.url, api: authority.url }
  const named = options.via === 'proxy' ? {} : { endpoints }
  box.writeConfig({ version: 1, ...named, ...options.config })
  putFirst(options.login ?? 'valid', disk, authority, user)
  return box
}

function outcomeOf(stdout: string): Outcome | null {
  try {
    return JSON.parse(stdout) as Outcome
  } catch {
    return null
  }
}
