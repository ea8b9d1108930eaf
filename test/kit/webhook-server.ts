// A service on loopback that takes webhooks, and what it was sent.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WebhookServer {
  /** `http://127.0.0.1:PORT` */
  address: string
  /** `POST /path content-type`, and the body. */
  got: { request: string; body: string }[]
}

export async function webhookServer(
  t: { teardown(done: () => unknown): unknown },
  status = 200,
): Promise<WebhookServer> {
  const got: WebhookServer['got'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => {
      body += piece
    })
    request.on('end', () => {
      const { method, url, headers } = request
      got.push({ request: `${method} ${url} ${headers['content-type']}`, body })
      response.statusCode = status
      response.end('ok')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }
}
