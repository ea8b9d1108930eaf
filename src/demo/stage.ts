// The stage of the guided demo: a throwaway home with the wrapper and a client in it, and stand-ins for the servers.

import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
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
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findClient } from '../login/real-client.js'
import { bytesAt } from '../system/open-file.js'
import { type Env, type LoginPaths, loginPaths } from '../system/paths.js'
import { processesOf, startTicksOf } from '../system/processes.js'
import type { ClientLogin } from './authority.js'
import { type Authority, startAuthority } from './authority.js'
import type { User } from './grants.js'
import { makeCertificates, startTlsProxy } from './tls.js'

export interface Stage {
  home: string
  paths: LoginPaths
  user: User
  client: DemoClient
  authority: Authority
  /** The environment of every program on this stage; of the caller's only time zone and language. */
  env: Record<string, string>
  /** Runs a program by its name, as typed in this home. Rejects once the stage is closed. */
  run(command: string, args: string[]): Promise<Ran>
  /** Waits until no process of claude-auth is running any more. */
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
  const home = realpathSync.native(mkdtempSync(join(tmpdir(), 'claude-auth-demo-')))
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

/** An address of Slack that only its stand-in answers. */
const webhook = 'https://hooks.slack.com/services/T00000000/B00000000/demo'

/** The configuration of claude-auth: whose login is expected, and where alerts go. */
function configText(user: User, home: string): string {
  return `version: 1
identity: {organizationUuid: ${user.organizationUuid}, email: ${user.email}}
store: local
alerts: {slack: {webhookFile: ${home}/.config/claude-auth/slack-webhook}}
`
}

/** So that the client asks no questions: it knows its user and trusts the folder (client 2.1.330). */
function clientConfig(user: User, home: string) {
  return {
    hasCompletedOnboarding: true,
    projects: { [home]: { hasTrustDialogAccepted: true } },
    oauthAccount: {
      accountUuid: user.accountUuid,
      emailAddress: user.email,
      organizationUuid: user.organizationUuid,
    },
  }
}

/** The real client where it is installed, else a stand-in that asks the same question. */
interface DemoClient {
  kind: 'real' | 'stand-in'
  /** For people: `Claude Code 2.1.330 (/usr/bin/claude)`. */
  label: string
  /** Where it is in the throwaway home. */
  file: string
}

/** Puts a client at `file`: the one that `env` leads to, or the stand-in, which asks `authority`. */
async function putClient(
  file: string,
  env: Env,
  authority: string,
  run: (command: string, args: string[]) => Promise<Ran>,
): Promise<DemoClient> {
  const found = findClient(env, null)
  if (found === null) {
    writeFileSync(file, standIn(authority), { mode: 0o700 })
    return { kind: 'stand-in', label: 'a small stand-in (Claude Code is not installed here)', file }
  }
  symlinkSync(found, file)
  const { stdout } = await run(file, ['--version'])
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? ''
  return { kind: 'real', label: `Claude Code ${version} (${found})`, file }
}

/** Does with the login file what counts here: takes the access token, asks the server, says what came of it. */
function standIn(authority: string): string {
  return `#!/usr/bin/env node
if (process.argv.includes('--version')) {
  console.log('1.0 (stand-in client)')
  process.exit(0)
}
const { readFileSync } = require('node:fs')
const { request } = require('node:http')
const end = words => {
  console.log(words)
  process.exit(1)
}
let token = ''
try {
  token = JSON.parse(readFileSync(process.env.HOME + '/.claude/.credentials.json', 'utf8')).claudeAiOauth.accessToken
} catch {}
if (!token) end('Stand-in client: there is no login in the login file.')
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' }
const asked = request('${authority}/v1/messages', { method: 'POST', headers }, response => {
  let text = ''
  response.on('data', part => (text += part))
  response.on('end', () => {
    if (response.statusCode !== 200) end('Stand-in client: the server refuses this login (' + response.statusCode + ').')
    console.log(JSON.parse(text).content[0].text)
  })
})
asked.on('error', error => end('Stand-in client: no answer (' + error.code + ').'))
asked.end('{}')
`
}

/** A program that ran in the throwaway home. */
export interface Ran {
  /** 127 when there is no such program; null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
  ms: number
}

/** Runs `command` (found on the PATH of `env`) to its end, without an input; at most 60 s. */
async function run(
  command: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<Ran> {
  const startMs = performance.now()
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout, stderr, ms: performance.now() - startMs }
  } catch (error) {
    return { code: 127, stdout, stderr: String(error), ms: performance.now() - startMs }
  } finally {
    clearTimeout(timer)
  }
}

/** Ends every process that lives in this home, background work included, and waits until it is gone. */
async function endProcessesOf(home: string): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const pids = processesIn(home)
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself in the meantime.
      }
    }
    await sleep(20)
  }
}

/** Told by their environment: the only trace of work that went to the background. */
function processesIn(home: string): number[] {
  const sinceTicks = startTicksOf(process.pid) ?? 0
  return processesOf(process.geteuid?.() ?? -1)
    .flatMap(({ pid, startTicks }) => (startTicks < sinceTicks ? [] : [pid]))
    .filter(pid => {
      const environ = bytesAt(`/proc/${pid}/environ`, { maxBytes: environMaxBytes })
      return pid !== process.pid && environ?.toString('latin1').split('\0').includes(`HOME=${home}`)
    })
}

/** Linux gives arguments and environment together at most 6 MiB (`execve(2)`). */
const environMaxBytes = 8 * 1024 * 1024
