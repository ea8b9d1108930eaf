// The stage of the guided demo: a throwaway home with the wrapper in it, and a stand-in for the servers.

import { randomBytes, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Env, type LoginPaths, loginPaths } from '../host/paths.js'
import { type Authority, startAuthority } from './authority.js'
import { type DemoClient, putClient } from './demo-client.js'
import type { User } from './grants.js'
import { clientConfig, configText, webhook } from './home-texts.js'
import { endProcessesOf, type Ran, run } from './run-program.js'
import type { ClientLogin } from './sign-in.js'
import { makeCertificates } from './tls-certificates.js'
import { startTlsProxy } from './tls-proxy.js'

export interface Stage {
  home: string
  paths: LoginPaths
  user: User
  client: DemoClient
  authority: Authority
  /** The environment of every program on this stage; nothing of the caller's but time zone and language. */
  env: Record<string, string>
  /** Runs a program by its name, as typed in this home. Rejects once the stage is closed. */
  run(command: string, args: string[]): Promise<Ran>
  /** Waits until nothing of claude-auth is at work any more. */
  settle(): Promise<void>
  login(): ClientLogin
  /** Replaces the login in the login file, as the client does. */
  writeLogin(login: ClientLogin): void
  /** How many lines the journal has. */
  journalLength(): number
  close(): Promise<void>
}

/** The folder above dist/ (or above src/demo/ where this runs unbundled). */
const root = [new URL('..', import.meta.url), new URL('../..', import.meta.url)]
  .map(url => fileURLToPath(url))
  .find(folder => existsSync(join(folder, 'bin', 'claude')))

/** What the model says to everything. */
export const modelSays = 'Yes, I am here. Good morning!'

/** Sets everything up. `env` is the caller's: there the real client is looked for. */
export async function setStage(env: Env): Promise<Stage> {
  const user: User = {
    email: 'alice@example.com',
    accountUuid: randomUUID(),
    organizationUuid: randomUUID(),
    organizationName: 'Example',
    subscriptionType: 'enterprise',
  }
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'claude-auth-demo-')))
  const paths = loginPaths(join(home, '.claude'), {}, home)
  const authority = await startAuthority({
    now: () => Date.now(),
    random: randomBytes,
    says: modelSays,
  })
  const proxy = await startTlsProxy(authority.handle, makeCertificates(Date.now()))
  let closed = false

  const write = (file: string, content: string, mode = 0o600) => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, content, { mode })
  }
  const kept = ['TZ', 'LANG', 'LC_ALL', 'LC_TIME'].flatMap(name =>
    env[name] ? [[name, env[name]]] : [],
  )
  const clean: Record<string, string> = {
    ...Object.fromEntries(kept),
    HOME: home,
    PATH: `${home}/.local/bin:${home}/tools:/usr/bin:/bin`,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: proxy.caFile,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  const runHere = async (command: string, args: string[]) => {
    const ran = await run(command, args, { cwd: home, env: clean })
    if (closed) throw new Error('the stage is closed')
    return ran
  }
  const close = async () => {
    closed = true
    await endProcessesOf(home)
    await Promise.all([proxy.close(), authority.close()])
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  try {
    mkdirSync(join(home, '.local/bin'), { recursive: true, mode: 0o700 })
    mkdirSync(join(home, 'tools'), { mode: 0o700 })
    for (const name of ['claude', 'claude-auth'])
      symlinkSync(join(root ?? '', 'bin', name), join(home, '.local/bin', name))
    symlinkSync(process.execPath, join(home, 'tools/node'))
    write(join(home, '.config/claude-auth/slack-webhook'), `${webhook}\n`)
    write(join(home, '.config/claude-auth/config.yaml'), configText(user, home))
    write(paths.clientConfig, JSON.stringify(clientConfig(user, home)))
    const client = await putClient(join(home, 'tools/claude'), env, authority.url, runHere)
    const file = () => JSON.parse(readFileSync(paths.loginFile, 'utf8'))
    return {
      home,
      paths,
      user,
      client,
      authority,
      env: clean,
      run: runHere,
      settle: async () => {
        if (existsSync(paths.gate)) await runHere('flock', ['-w', '30', paths.gate, 'true'])
      },
      login: () => file().claudeAiOauth as ClientLogin,
      writeLogin: login => write(paths.loginFile, JSON.stringify({ claudeAiOauth: login })),
      journalLength: () =>
        existsSync(paths.journal) ? readFileSync(paths.journal, 'utf8').split('\n').length - 1 : 0,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
