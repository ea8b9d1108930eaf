// The process of an OpenBao for tests: configured, started, initialised, unsealed; nothing of it is on disk but its settings.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { issueCertificate } from '../../src/demo/tls.js'
import { type JsonObject, jsonObject } from '../../src/system/json.js'

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

export interface ServerOptions {
  /** Null for plain HTTP. */
  certificates: Certificates | null
  /** HCL of its storage. */
  storage?: string
  /** It is a node of a cluster, which the others reach on a port of its own. */
  isNode?: boolean
  /** HCL beside listener and storage. */
  more?: string
}

/** Starts `program` on a free port of the loopback, sealed and not initialised. */
export async function startServer(
  program: string,
  folder: string,
  { certificates, storage = 'storage "inmem" {}', isNode = false, more = '' }: ServerOptions,
): Promise<Server> {
  const place = `127.0.0.1:${await freePort()}`
  const address = `${certificates === null ? 'http' : 'https'}://${place}`
  const forNodes = isNode ? `127.0.0.1:${await freePort()}` : null
  const node =
    forNodes === null ? '' : `api_addr = "${address}"\ncluster_addr = "https://${forNodes}"`
  const trust =
    certificates === null
      ? 'tls_disable = true'
      : `tls_cert_file = "${certificates.leafFile}"\n  tls_key_file = "${certificates.keyFile}"`
  const places = [
    `address = "${place}"`,
    ...(forNodes === null ? [] : [`cluster_address = "${forNodes}"`]),
  ]
  const listener = `listener "tcp" {\n  ${[...places, trust].join('\n  ')}\n}`
  const settings = join(folder, 'openbao.hcl')
  writeFileSync(settings, [storage, listener, node, more, ''].join('\n'))
  const child = spawn(program, ['server', `-config=${settings}`], {
    stdio: 'ignore',
    env: { HOME: folder, PATH: '/usr/bin:/bin' },
  })
  const ask = asker(address, certificates?.authority)
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

/** Killed, and gone when this is over. */
export async function killed({ child }: Server): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Asks on connections that stay open: tests ask thousands of times. */
function asker(address: string, authority: string | undefined): Server['ask'] {
  const { request, Agent } = authority === undefined ? http : https
  const agent = new Agent({ keepAlive: true, ca: authority })
  return (method, path, body, token) =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const headers = { 'content-type': type, ...(token && { 'x-vault-token': token }) }
      const fail = (error: Error) => reject(new Error(`${method} ${path}: ${error.message}`))
      const asked = request(`${address}/v1/${path}`, { method, headers, agent, timeout: 20_000 })
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
      asked.on('error', fail)
      asked.on('response', reply => {
        let text = ''
        reply.setEncoding('utf8').on('data', piece => {
          text += piece
        })
        reply.on('error', fail)
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, body: jsonObject(text) ?? {} }),
        )
      })
      asked.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

export type Certificates = ReturnType<typeof writeCertificates>

/** A server's certificate for 127.0.0.1 with the authority that signed it, and one that did not. */
export function writeCertificates(folder: string) {
  const valid = { notBeforeMs: Date.now() - 3_600_000, notAfterMs: Date.now() + 24 * 3_600_000 }
  const authorityNamed = (commonName: string) =>
    issueCertificate({ commonName, issuer: null, isAuthority: true, ...valid })
  const authority = authorityNamed('the authority')
  const wrong = authorityNamed('another authority')
  const leaf = issueCertificate({
    commonName: 'vault.test',
    issuer: authority,
    isAuthority: false,
    addresses: ['127.0.0.1'],
    ...valid,
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
    keyFile: write('leaf.key', leaf.key),
  }
}

/** A port of the loopback on which nobody listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
