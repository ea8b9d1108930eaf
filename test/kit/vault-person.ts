// One person with a real OpenBao: files, a clock, the memory between runs, and a client that tells what it asked.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { VaultConfig } from '../../src/config/vault.js'
import type { SessionMemory } from '../../src/store/vault/auth.js'
import { vaultClient } from '../../src/store/vault/client.js'
import { type VaultSession, vaultSession } from '../../src/store/vault/session.js'
import { directNetwork } from './direct-network.js'
import type { OpenBao } from './openbao.js'

export interface VaultPerson {
  tokenFile: string
  jwtFile: string
  /** Puts a secret where the session looks for it. */
  put(secret: string, mode?: number): void
  /** A session as a new process opens it. */
  session(auth?: Partial<JwtAuth>): VaultSession
  /** What was asked of OpenBao, `GET path`. */
  asked: string[]
  clock: { aheadMs: number }
  /** What the last process left for the next. */
  memory: SessionMemory | null
  /** The status of reading a user's document with `token`. */
  reads(token: string, user: string): Promise<number | string>
}

type JwtAuth = Extract<VaultConfig['auth'], { method: 'jwt' }>

export const uid = process.geteuid?.() ?? -1

export function vaultPerson(
  t: Test,
  server: Pick<OpenBao, 'address' | 'caFile'>,
  { user = 'alice', method = 'token' as 'token' | 'jwt', timeoutMs = 5000 } = {},
): VaultPerson {
  const folder = t.testdir()
  const [tokenFile, jwtFile] = [join(folder, 'vault-token'), join(folder, 'jwt')]
  const client = vaultClient({
    address: server.address,
    namespace: null,
    caCert: server.caFile && readFileSync(server.caFile, 'utf8'),
    timeoutMs,
    network: directNetwork(),
  })
  const person: VaultPerson = {
    tokenFile,
    jwtFile,
    put: (secret, mode = 0o600) => {
      const file = method === 'token' ? tokenFile : jwtFile
      writeFileSync(file, secret)
      chmodSync(file, mode)
    },
    session: auth =>
      vaultSession(
        {
          ...client,
          request: options => {
            person.asked.push(`${options.method} ${options.path}`)
            return client.request(options)
          },
        },
        method === 'token'
          ? { method, tokenFile }
          : {
              method,
              mount: 'jwt',
              role: 'claude-auth',
              jwtFile,
              audience: null,
              subject: user,
              ...auth,
            },
        { user, uid },
        {
          now: () => Date.now() + person.clock.aheadMs,
          known: person.memory,
          commit: known => {
            person.memory = known
          },
          expectedEmail: `${user}@example.com`,
        },
      ),
    asked: [],
    clock: { aheadMs: 0 },
    memory: null,
    reads: async (token, of) => {
      const path = `secret/data/workstation/claude-users/${of}`
      const reply = await client.request({ method: 'GET', path, token })
      return reply.kind === 'reply' ? reply.status : reply.what
    },
  }
  return person
}
