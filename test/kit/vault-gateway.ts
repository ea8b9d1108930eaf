// Something between a host and a real OpenBao that misbehaves: it answers itself, or after the request was carried out.

import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { OpenBao } from './openbao.js'

export interface Passed {
  method: string
  path: string
  /** The Vault token that it carried. */
  token: string
  body: string
}

/** One byte every `dripMs`, where given. */
interface Whole {
  status: number
  body: string
  headers?: Record<string, string>
  dripMs?: number
}

/** Instead of the true answer; `hang`: none at all. */
export type Answer = Whole | 'hang'

export interface VaultGateway {
  address: string
  passed: Passed[]
  /** Connections so far, whether anything was asked on them or not. */
  connections: number
  /** Waited for before a request is handed on: a slow line, or the moment in which others write. */
  before: ((asked: Passed) => Promise<unknown>) | null
  /** Answers without asking OpenBao; null: it is asked. */
  instead: ((asked: Passed) => Answer | null) | null
  /** Answers after OpenBao has carried the request out; null: with its own answer. */
  after: ((asked: Passed, truth: Whole) => Answer | null) | null
  isOpen(): boolean
  /** From now on connections are refused. */
  shut(): Promise<void>
  open(): Promise<void>
}

/** Starts one on loopback (plain HTTP); it ends with the test. Without `bao` it must answer itself. */
export async function vaultGateway(t: Test, bao: OpenBao | null): Promise<VaultGateway> {
  const server = createServer(async (incoming, outgoing) => {
    const asked = await passedOf(incoming)
    gateway.passed.push(asked)
    const give = async (answer: Answer) => {
      if (answer === 'hang') return
      outgoing.writeHead(answer.status, answer.headers)
      for (const byte of answer.dripMs === undefined ? '' : answer.body) {
        if (outgoing.destroyed) return
        outgoing.write(byte)
        await sleep(answer.dripMs, undefined, { ref: false })
      }
      outgoing.end(answer.dripMs === undefined ? answer.body : '')
    }
    await gateway.before?.(asked)
    const answer = gateway.instead?.(asked) ?? null
    if (answer !== null || bao === null) return give(answer ?? 'hang')
    const { method, path } = asked
    const onward = request(`${bao.address}${path}`, { method, headers: incoming.headers })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', async reply => {
      const chunks: Buffer[] = []
      for await (const chunk of reply) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks).toString()
      const truth = {
        status: reply.statusCode ?? 0,
        body,
        headers: { date: `${reply.headers.date}` },
      }
      give(gateway.after?.(asked, truth) ?? truth)
    })
    onward.end(asked.body)
  })
  server.on('connection', () => {
    gateway.connections += 1
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const shut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  t.teardown(shut)
  const gateway: VaultGateway = {
    address: `http://127.0.0.1:${port}`,
    passed: [],
    connections: 0,
    before: null,
    instead: null,
    after: null,
    isOpen: () => server.listening,
    shut,
    open: () => listen(port),
  }
  return gateway
}

async function passedOf(incoming: IncomingMessage): Promise<Passed> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { method = '', url: path = '', headers } = incoming
  const token = String(headers['x-vault-token'] ?? '')
  return { method, path, token, body: Buffer.concat(chunks).toString() }
}
