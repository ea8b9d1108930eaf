// Where the blocks of docs/vault.md run: a real OpenBao without an engine, the admin's folder, alice's home, an issuer of JWTs.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import type { Test } from 'tap'
import { type OpenBao, openBao } from '../kit/openbao.js'
import { type Run, run } from '../kit/run.js'
import { type Block, fileNameOf } from './manual.js'

export interface Desk {
  server: OpenBao
  /** The admin's, with the files that the page says to save. */
  folder: string
  /** Runs a block, as it stands, by whom it is marked for. */
  run(block: Pick<Block, 'mark' | 'text'>): Promise<Run>
  /** The last line of what root's block printed. */
  adminToken(): string
  /** The status of a request by the admin; `wrap`: with a wrapped answer. */
  asAdmin(path: string, body: object, wrap?: 'wrap'): Promise<number>
  /** Alice's file with her Vault token. */
  tokenFile: string
  /** What a login by JWT gives to `user`; the empty text where it is refused. */
  jwtLogin(user: string): Promise<string>
  /** Of the server, as the page configures it. */
  auditLog: string
}

const issuer = 'https://issuer.example.com'

export async function vaultDesk(t: Test, blocks: Block[]): Promise<Desk> {
  const root = t.testdir({ admin: {}, alice: {} })
  const [folder, home] = [join(root, 'admin'), join(root, 'alice')]
  const audit = blocks.find(({ mark }) => mark === 'server')?.text ?? ''
  const server = await openBao(t, { config: audit.replace('/var/log/openbao', root) })
  await server.bao(['secrets', 'disable', 'secret'])

  const keys = await generateKeyPair('ES256', { extractable: true })
  writeFileSync(join(folder, 'issuer.pem'), await exportSPKI(keys.publicKey))
  for (const block of blocks) {
    const name = fileNameOf(block)
    if (name !== null) writeFileSync(join(folder, name), block.text)
  }
  const jwtFor = (user: string) =>
    new SignJWT({ sub: user, aud: 'vault', iss: issuer })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(keys.privateKey)
  const secrets = join(home, '.config/claude-auth')
  mkdirSync(secrets, { recursive: true, mode: 0o700 })
  writeFileSync(join(secrets, 'jwt'), await jwtFor('alice'), { mode: 0o600 })

  const lastLine = { root: '', admin: '' }
  return {
    server,
    folder,
    run: async ({ mark, text }) => {
      const isUser = mark === 'user'
      const token = mark === 'root' ? server.rootToken : lastLine.root
      const at = isUser ? home : folder
      const ended = await run('bash', ['--norc', '-euo', 'pipefail', '-c', text], {
        cwd: at,
        env: {
          PATH: `${dirname(server.program)}:/usr/local/bin:/usr/bin:/bin`,
          HOME: at,
          BAO_ADDR: server.address,
          ...(isUser ? {} : { BAO_TOKEN: token }),
        },
        // What a user is asked for is what the admin's block before has printed.
        ...(isUser ? { input: `${lastLine.admin}\n` } : {}),
      })
      if (mark === 'root' || mark === 'admin')
        lastLine[mark] = ended.stdout.trim().split('\n').at(-1) ?? ''
      return ended
    },
    adminToken: () => lastLine.root,
    asAdmin: async (path, body, wrap) => {
      const reply = await fetch(`${server.address}/v1/${path}`, {
        method: 'POST',
        headers: { 'x-vault-token': lastLine.root, ...(wrap && { 'x-vault-wrap-ttl': '1h' }) },
        body: JSON.stringify(body),
      })
      return reply.status
    },
    tokenFile: join(secrets, 'vault-token'),
    jwtLogin: async user => {
      const login = { role: 'claude-auth', jwt: await jwtFor(user) }
      const { body } = await server.ask('POST', 'auth/jwt/login', login, '')
      return (body['auth'] as { client_token?: string } | undefined)?.client_token ?? ''
    },
    auditLog: join(root, 'audit.log'),
  }
}

/** For checks that come later: the text of a file now. */
export function textOf(path: string): string {
  return readFileSync(path, 'utf8').trim()
}
