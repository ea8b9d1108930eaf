// The process of an OpenBao for tests: configured, started, initialised, unsealed; nothing of it is on disk but its settings.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HttpOutcome, send } from '../../src/anthropic/http.js'
import { type JsonObject, jsonObject } from '../../src/host/json.js'

export interface Reply {
  status: number
  body: JsonObject
}

export interface Server {
  child: ChildProcess
  address: string
  /** PEM files; null for plain HTTP. `wrongCaFile` is an authority that did not sign its certificate. */
  caFile: string | null
  wrongCaFile: string | null
  /** Any request; throws when no reply comes. */
  ask(method: Method, path: string, body?: unknown, token?: string): Promise<Reply>
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH'

const patience = 500

/** Starts `program` on a free port of the loopback, sealed and not initialised; `more` is HCL beside the listener. */
export async function startServer(
  program: string,
  folder: string,
  { tls, more = '' }: { tls: boolean; more?: string },
): Promise<Server> {
  const port = await freePort()
  const certificates = tls ? await writeCertificates(folder) : null
  const trust =
    certificates === null
      ? 'tls_disable = true'
      : `tls_cert_file = "${certificates.leafFile}"\n  tls_key_file = "${certificates.keyFile}"`
  const listener = `listener "tcp" {\n  address = "127.0.0.1:${port}"\n  ${trust}\n}`
  const settings = join(folder, 'openbao.hcl')
  writeFileSync(settings, `storage "inmem" {}\n${listener}\n${more}\n`)
  const child = spawn(program, ['server', `-config=${settings}`], {
    stdio: 'ignore',
    env: { HOME: folder, PATH: '/usr/bin:/bin' },
  })
  const address = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const network = {
    proxyFor: () => null,
    extraCa: certificates?.authority ?? null,
    userAgent: 'test',
  }
  const ask: Server['ask'] = async (method, path, body, token) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const outcome = await send(network, {
      method,
      url: `${address}/v1/${path}`,
      headers: { 'content-type': type, ...(token === undefined ? {} : { 'x-vault-token': token }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: 20_000,
    })
    return replyOf(outcome, `${method} ${path}`)
  }
  const { caFile = null, wrongCaFile = null } = certificates ?? {}
  const server = { child, address, caFile, wrongCaFile, ask }
  await until(server, async () => (await ask('GET', 'sys/health').catch(() => null)) !== null)
  return server
}

/** Waits until `isSo`; throws when the server ends before, or takes far too long. */
export async function until({ child }: Server, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries === patience || child.exitCode !== null)
      throw new Error(`OpenBao does not start (${child.exitCode ?? 'no answer'})`)
    await sleep(20)
  }
}

function replyOf(outcome: HttpOutcome, what: string): Reply {
  if (outcome.kind !== 'reply') throw new Error(`${what}: ${outcome.what}`)
  return { status: outcome.status, body: jsonObject(outcome.body) ?? {} }
}

async function writeCertificates(folder: string) {
  const { generate } = (await import('selfsigned')).default
  const common = { keyType: 'ec', algorithm: 'sha256' } as const
  const isAuthority = [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]
  const [authority, wrong] = await Promise.all(
    ['the authority', 'another authority'].map(value =>
      generate([{ name: 'commonName', value }], { ...common, extensions: isAuthority as never }),
    ),
  )
  if (!authority || !wrong) throw new Error('no certificates')
  const leaf = await generate([{ name: 'commonName', value: 'vault.test' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  return {
    authority: authority.cert,
    caFile: write('vault-ca.pem', authority.cert),
    wrongCaFile: write('wrong-ca.pem', wrong.cert),
    leafFile: write('leaf.pem', leaf.cert),
    keyFile: write('leaf.key', leaf.private),
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
