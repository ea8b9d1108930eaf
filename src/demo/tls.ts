// A CONNECT proxy on loopback that plays Anthropic's and Slack's hosts, with certificates of its own; nothing leaves the machine.

import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificates, hosts, wildcards } from './certificates.js'

export interface TlsProxy {
  /** `http://127.0.0.1:PORT`, for `HTTPS_PROXY`. */
  url: string
  /** File with the made-up authority's certificate, for `NODE_EXTRA_CA_CERTS`. */
  caFile: string
  /** Every `host:port` that was asked for, in order. */
  connects: string[]
  close(): Promise<void>
}

/** Starts it; decoded requests go to `handle`, any other host gets 404 `{}`. */
export async function startTlsProxy(
  handle: RequestListener,
  certificates: Certificates,
): Promise<TlsProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'claude-auth-ca-'))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, certificates.authority)
  const connects: string[] = []
  const sockets = new Set<Socket>()
  const tls = createTlsServer({ cert: certificates.leaf, key: certificates.key }, handle)
  const proxy = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
  })
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('connect', (request, socket: Socket, head: Buffer) => {
    const target = request.url ?? ''
    connects.push(target)
    if (!isPlayed(target.replace(/:\d+$/, ''))) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}')
      return
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    if (head.length > 0) socket.unshift(head)
    tls.emit('connection', socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    caFile,
    connects,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => proxy.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether the leaf holds for this host. */
function isPlayed(host: string): boolean {
  return hosts.includes(host) || wildcards.includes(host.replace(/^[^.]+\./, ''))
}
