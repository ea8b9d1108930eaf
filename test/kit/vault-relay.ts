// A relay between hosts and a real OpenBao: it can move the server's clock, and tells when something is written.

import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OpenBao } from './openbao.js'
import type { Teardown } from './sandbox.js'

export interface VaultRelay extends OpenBao {
  /** Every request that came, `METHOD /path`, in order. */
  asked: string[]
  /** How far its `Date` is ahead of OpenBao's: what is in the document looks as much older. */
  aheadMs: number
  /** Called with the body of each write that was carried out, before its reply goes back. */
  written: ((body: string) => Promise<void> | void) | null
  /** Until the promise is over, requests wait at the door. */
  closed: Promise<unknown> | null
}

/** Starts one in front of `bao` (plain HTTP); it ends with the test. Root goes straight to OpenBao. */
export async function vaultRelay(t: Teardown, bao: OpenBao): Promise<VaultRelay> {
  const to = new URL(bao.address)
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    await relay.closed
    const { method, url, headers } = incoming
    relay.asked.push(`${method} ${url}`)
    const onward = request({ host: to.hostname, port: to.port, method, path: url, headers })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', async reply => {
      if (method !== 'GET' && reply.statusCode === 200) await relay.written?.(body.toString())
      const date = new Date(Date.now() + relay.aheadMs).toUTCString()
      outgoing.writeHead(reply.statusCode ?? 502, { ...reply.headers, date })
      reply.pipe(outgoing)
    })
    onward.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const relay: VaultRelay = { ...bao, address, asked: [], aheadMs: 0, written: null, closed: null }
  return relay
}
