// A whole reply: its body collected, its clock and its wish to be left alone read.

import type { IncomingMessage } from 'node:http'
import { systemCode } from '../host/error.js'

export interface HttpReply {
  kind: 'reply'
  status: number
  body: Buffer
  /** The server's clock (`Date`), if it tells. */
  serverNowMs: number | null
  retryAfterMs: number | null
}

const largestReply = 2 * 1024 * 1024

/** Gives the whole body, unpacked where it came packed, or null when it is longer than any honest reply. */
export function collect(incoming: IncomingMessage, give: (body: Buffer | null) => void) {
  const parts: Buffer[] = []
  let length = 0
  incoming.on('data', (part: Buffer) => {
    length += part.length
    if (length > largestReply) give(null)
    else parts.push(part)
  })
  incoming.on('end', () => {
    if (!incoming.complete) return
    const body = Buffer.concat(parts)
    const coding = incoming.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
    if (coding === 'identity') give(body)
    else void unpacked(body, coding).then(give)
  })
}

/** Nobody asked for it, but what a middlebox packed may hold the only copy of a token. What can't be unpacked stays as it came. */
async function unpacked(body: Buffer, coding: string): Promise<Buffer | null> {
  const { gunzipSync, inflateSync, brotliDecompressSync } = await import('node:zlib')
  const ways = {
    gzip: gunzipSync,
    'x-gzip': gunzipSync,
    deflate: inflateSync,
    br: brotliDecompressSync,
  }
  const unpack = Object.entries(ways).find(([name]) => name === coding)?.[1]
  try {
    return unpack?.(body, { maxOutputLength: largestReply }) ?? body
  } catch (error) {
    return systemCode(error) === 'ERR_BUFFER_TOO_LARGE' ? null : body
  }
}

/** The status, the body and the two headers that count. */
export function replyOf(incoming: IncomingMessage, body: Buffer): HttpReply {
  const serverNowMs = Date.parse(incoming.headers.date ?? '')
  return {
    kind: 'reply',
    status: incoming.statusCode ?? 0,
    body,
    serverNowMs: Number.isNaN(serverNowMs) ? null : serverNowMs,
    retryAfterMs: retryAfter(incoming.headers['retry-after'], serverNowMs),
  }
}

/** RFC 9110 §10.2.3: seconds or a date; a date counts from the server's own clock. */
function retryAfter(value: string | undefined, serverNowMs: number): number | null {
  if (value === undefined) return null
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value) - serverNowMs
  return Number.isNaN(at) || at < 0 ? null : at
}
