// A real OpenBao for a test, over HTTP or TLS, with a KV v2 engine and users with the policy that sites have.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/system/json.js'
import {
  killed,
  type Method,
  type Reply,
  type Server,
  startServer,
  until,
  writeCertificates,
} from './openbao-server.js'
import { fetchPeers } from './real-clients.js'
import { run } from './run.js'
import type { Teardown } from './sandbox.js'

export type { Reply }

export interface OpenBao {
  address: string
  /** The program, for blocks of a shell. */
  program: string
  /** PEM file of its authority; null for plain HTTP. */
  caFile: string | null
  /** PEM file of an authority that did not sign its certificate; null for plain HTTP. */
  wrongCaFile: string | null
  rootToken: string
  /** A request as root, or as `token`; throws when no reply comes. */
  ask(method: Method, path: string, body?: unknown, token?: string): Promise<Reply>
  /** `bao ARGS` as root. */
  bao(args: string[], env?: Record<string, string>): Promise<string>
  /** The newest document of a user: its data and version; null where there is none. */
  document(user: string): Promise<{ data: JsonObject; version: number } | null>
  /** Writes a user's document as somebody else would, whatever its version. */
  put(user: string, data: JsonObject): Promise<number>
  /** The site's policy and a periodic token for `user`; `patch` where the newer policy is wanted. */
  userToken(
    user: string,
    options?: { patch?: boolean; host?: string; period?: string },
  ): Promise<string>
  seal(): Promise<void>
  unseal(): Promise<void>
  /** Lets so many requests a second through to `path` (all of them: an empty path); null: no limit. */
  limit(path: string, rate: number | null): Promise<void>
  /** Stops it in its tracks (SIGSTOP), and lets it go on. */
  hang(): void
  goOn(): void
  stop(): Promise<void>
}

export interface OpenBaoOptions {
  tls?: boolean
  /** HCL for its configuration, for example an audit device: it can't be enabled by a request. */
  config?: string
}

/** Starts one on a free port of the loopback; it ends with the test. Takes about 0.3 s. */
export async function openBao(
  t: Teardown,
  { tls = false, config = '' }: OpenBaoOptions = {},
): Promise<OpenBao> {
  const { program, folder } = baoPlace(t)
  const certificates = tls ? writeCertificates(folder) : null
  const server = await startServer(program, folder, { certificates, more: config })
  const { bao } = await initialised(server, program, folder)
  t.teardown(async () => {
    bao.goOn()
    await bao.stop()
  })
  return bao
}

/** The program, and a folder that ends with the test. */
export function baoPlace(t: Teardown): { program: string; folder: string } {
  const [peer] = fetchPeers('openbao')
  if (peer?.skip !== false) throw new Error(`no OpenBao: ${peer?.skip}`)
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-bao-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return { program: peer.path, folder }
}

/** Unsealed, with its KV engine; `key` unseals it again, and the other nodes of its cluster. */
export async function initialised(
  server: Server,
  program: string,
  folder: string,
): Promise<{ bao: OpenBao; key: string }> {
  const { child, address, caFile, wrongCaFile } = server
  const shares = { secret_shares: 1, secret_threshold: 1 }
  const { body: made } = await server.ask('PUT', 'sys/init', shares)
  const rootToken = String(made['root_token'])
  const [key = ''] = made['keys'] as string[]
  const unseal = async () => {
    await server.ask('PUT', 'sys/unseal', { key })
    const health = () => server.ask('GET', 'sys/health').catch(() => null)
    await until(server, async () => (await health())?.status === 200)
  }
  const ask: OpenBao['ask'] = (method, path, body, token = rootToken) =>
    server.ask(method, path, body, token)
  const well: OpenBao['ask'] = async (...args) => {
    const reply = await ask(...args)
    if (reply.status >= 300)
      throw new Error(`${args[1]}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply
  }
  await unseal()
  await well('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } })
  // A new engine refuses all requests until it has made its first keys.
  await until(server, async () => (await ask('GET', 'secret/config')).status === 200)

  const env = { BAO_ADDR: address, BAO_TOKEN: rootToken, HOME: folder, PATH: '/usr/bin:/bin' }
  const withCa = caFile === null ? env : { ...env, BAO_CACERT: caFile }
  const bao: OpenBao = {
    address,
    program,
    caFile,
    wrongCaFile,
    rootToken,
    ask,
    bao: async (args, more = {}) => {
      const ended = await run(program, args, { cwd: folder, env: { ...withCa, ...more } })
      if (ended.code !== 0) throw new Error(`bao ${args.join(' ')}: ${ended.stderr}`)
      return ended.stdout
    },
    document: async user => {
      const { status, body } = await ask('GET', `secret/data/${pathOf(user)}`)
      if (status !== 200) return null
      const { data, metadata } = body['data'] as { data: JsonObject; metadata: JsonObject }
      return { data, version: Number(metadata['version']) }
    },
    put: async (user, data) => {
      const { body } = await well('POST', `secret/data/${pathOf(user)}`, { data })
      return Number((body['data'] as JsonObject)['version'])
    },
    userToken: async (user, { patch = true, host = 'ws1', period = '768h' } = {}) => {
      const name = `workstation-claude-${user}`
      await well('PUT', `sys/policies/acl/${name}`, { policy: policyText(user, patch) })
      const { body } = await well('POST', 'auth/token/create-orphan', {
        policies: [name],
        display_name: `${host}-claude-auth-${user}`,
        no_default_policy: true,
        period,
      })
      return String((body['auth'] as JsonObject)['client_token'])
    },
    seal: async () => void (await well('PUT', 'sys/seal')),
    unseal,
    limit: async (path, rate) => {
      const quota = 'sys/quotas/rate-limit/of-the-test'
      if (rate !== null) await well('POST', quota, { rate, path, interval: '1h' })
      else await well('POST', quota, { rate: 1e6, path: '' })
    },
    hang: () => {
      child.kill('SIGSTOP')
      // The signal is on its way: an answer that still comes would be none of a hung server.
      while (!isStopped(child.pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    },
    goOn: () => void child.kill('SIGCONT'),
    stop: () => killed(server),
  }
  return { bao, key }
}

function pathOf(user: string): string {
  return `workstation/claude-users/${user}`
}

/** As sites have it (one document, nothing below it); `patch` is in the newer ones only. */
export function policyText(user: string, patch: boolean): string {
  const can = ['create', 'read', 'update', ...(patch ? ['patch'] : [])]
  const rule = (path: string, capabilities: string[]) =>
    `path "${path}" { capabilities = ${JSON.stringify(capabilities)} }`
  return [
    rule(`secret/data/${pathOf(user)}`, can),
    rule(`secret/metadata/${pathOf(user)}`, ['read']),
    rule('auth/token/lookup-self', ['read']),
    rule('auth/token/renew-self', ['update']),
  ].join('\n')
}

/** All threads: each has a state of its own (proc(5)). A process that is gone counts. */
function isStopped(pid: number | undefined): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every(task =>
      /\) [TtZX] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')),
    )
  } catch {
    return true
  }
}
