// A bad line to an OpenBao: hands requests on, and spoils the answers as it is told to.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

/** `apply`: OpenBao carries the request out before. A number is the status that is answered instead. */
export type Fault =
  | { apply: boolean; answer: number | 'cut' | 'nothing' | 'drip' }
  | { status: number; headers?: Record<string, string>; body: string }

export interface BadLine {
  address: string
  /** What to do with each request; null: hand it on. */
  fault: (asked: Asked) => Fault | null
  asked: Asked[]
}

export interface Asked {
  method: string
  path: string
  headers: Record<string, unknown>
  body: string
}

/** `behind` is the address of an OpenBao without TLS; null where no request may get through. */
export async function badLine(t: Test, behind: string | null): Promise<BadLine> {
  const server = createServer((incoming, response) => {
    response.on('error', () => undefined)
    serve(line, behind, incoming, response).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const line: BadLine = { address: `http://127.0.0.1:${port}`, fault: () => null, asked: [] }
  return line
}

async function serve(
  line: BadLine,
  behind: string | null,
  incoming: IncomingMessage,
  response: ServerResponse,
) {
  const body = await wholeOf(incoming)
  const { method = '', url: path = '', headers } = incoming
  const asked = { method, path, headers, body }
  line.asked.push(asked)
  const fault = line.fault(asked)
  if (fault !== null && 'status' in fault) {
    response.writeHead(fault.status, fault.headers ?? {}).end(fault.body)
    return
  }
  const isHandedOn = (fault === null || fault.apply) && behind !== null
  const answer = isHandedOn ? await handOn(`${behind}${path}`, asked) : null
  if (fault === null)
    response.writeHead(answer?.status ?? 502, answer?.headers ?? {}).end(answer?.body)
  else if (fault.answer === 'cut') response.destroy()
  else if (fault.answer === 'drip') await drip(response)
  else if (fault.answer !== 'nothing')
    response.writeHead(fault.answer, { 'content-type': 'application/json' }).end('{"errors":["x"]}')
}

async function drip(response: ServerResponse) {
  response.writeHead(200, { 'content-type': 'application/json' })
  while (!response.destroyed) {
    response.write(' ')
    await sleep(50)
  }
}

async function handOn(url: string, { method, headers, body }: Asked) {
  const kept = ['x-vault-token', 'x-vault-namespace', 'content-type'].flatMap(name =>
    headers[name] === undefined ? [] : [[name, String(headers[name])]],
  )
  const outgoing = request(url, { method, agent: false, headers: Object.fromEntries(kept) })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', resolve)
  })
  outgoing.end(body)
  const answer = await answered
  const { 'content-type': type = '', date = '' } = answer.headers
  const told = { 'content-type': type, date }
  return { status: answer.statusCode ?? 0, headers: told, body: await wholeOf(answer) }
}

async function wholeOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
