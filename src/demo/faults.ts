// The ways in which the stand-in authority can misbehave, and how an answer then travels.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** An answer before it is sent; a `body` that is no string is sent as JSON. */
export interface StandInReply {
  status: number
  body: unknown
  headers?: Record<string, string>
}

/** One misbehavior, for one request (or several). */
export interface Fault {
  /** Instead of the true answer: the request has no effect. */
  instead?: StandInReply | 'hang' | 'drop'
  /** Changes the true answer: the request had its effect. */
  edit?(answer: StandInReply): StandInReply
  /** Before the answer leaves; the effect is at once. */
  delayMs?: number
  /** What happens to the answer on its way: never sent, dropped, one byte at a time, or half of it. */
  travel?: 'hang' | 'drop' | 'cut' | { dripMs: number }
  /** The server's clock, as its `Date` header tells it. */
  clockOffsetMs?: number
}

function editFields(change: (fields: Record<string, unknown>) => Record<string, unknown>): Fault {
  return {
    edit: answer => ({ ...answer, body: change(answer.body as Record<string, unknown>) }),
  }
}

/** Every fault by the name tests call it. */
export const faults = {
  /** Another answer; the request has no effect. */
  answer: (status: number, body: unknown = {}, headers: Record<string, string> = {}): Fault => ({
    instead: { status, body, headers },
  }),
  /** A block page of an edge or firewall. */
  blockPage: (status = 403): Fault => ({
    instead: {
      status,
      body: '<!doctype html><title>Just a moment...</title>',
      headers: { 'content-type': 'text/html' },
    },
  }),
  redirect: (location: string): Fault => ({
    instead: { status: 307, body: '', headers: { location } },
  }),
  retryAfter: (seconds: number, status = 429): Fault => ({
    instead: {
      status,
      body: { error: { type: 'rate_limit_error' } },
      headers: { 'retry-after': String(seconds) },
    },
  }),
  /** Read, never answered, no effect. */
  hang: (): Fault => ({ instead: 'hang' }),
  /** Connection dropped without an effect. */
  drop: (): Fault => ({ instead: 'drop' }),
  /** It took effect, but the connection drops before any answer. */
  lost: (): Fault => ({ travel: 'drop' }),
  /** It took effect, but the answer never comes. */
  lostHanging: (): Fault => ({ travel: 'hang' }),
  /** It took effect; half of the answer arrives. */
  cut: (): Fault => ({ travel: 'cut' }),
  late: (delayMs: number): Fault => ({ delayMs }),
  drip: (dripMs = 20): Fault => ({ travel: { dripMs } }),
  /** The true answer without these fields, for example `refresh_token` or `account`. */
  without: (...names: string[]): Fault =>
    editFields(fields =>
      Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name))),
    ),
  /** The true answer with these fields changed: a narrower scope, wrong types, another account. */
  changed: (values: Record<string, unknown>): Fault =>
    editFields(fields => ({ ...fields, ...values })),
  /** The true answer, with some `bytes` of padding in it. */
  huge: (bytes = 1024 * 1024): Fault =>
    editFields(fields => ({ ...fields, padding: 'x'.repeat(bytes) })),
  /** The true answer, with its text changed. */
  text: (change: (text: string) => string): Fault => ({
    edit: answer => ({ ...answer, body: change(JSON.stringify(answer.body)) }),
  }),
  /** The true answer, compressed without being asked to. */
  packed: (pack: (text: string) => Buffer, coding: string): Fault => ({
    edit: answer => ({
      ...answer,
      body: pack(JSON.stringify(answer.body)),
      headers: { ...answer.headers, 'content-encoding': coding },
    }),
  }),
  clock: (clockOffsetMs: number): Fault => ({ clockOffsetMs }),
}

/** Sends `answer` the way `fault` lets it travel; returns once it is sent, dropped or given up. */
export async function send(
  response: ServerResponse,
  answer: StandInReply,
  fault: Fault,
  nowMs: number,
): Promise<void> {
  if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false })
  if (fault.travel === 'hang') return
  if (fault.travel === 'drop') {
    response.destroy()
    return
  }
  const isText = typeof answer.body === 'string'
  const isPacked = Buffer.isBuffer(answer.body)
  const text = isText ? String(answer.body) : JSON.stringify(answer.body)
  const body = isPacked ? (answer.body as Buffer) : Buffer.from(text)
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/plain' : 'application/json',
    'content-length': String(body.length),
    date: new Date(nowMs + (fault.clockOffsetMs ?? 0)).toUTCString(),
    ...answer.headers,
  })
  if (fault.travel === 'cut') {
    response.write(body.subarray(0, body.length / 2), () => response.destroy())
  } else if (fault.travel !== undefined) {
    for (const byte of body) {
      if (response.destroyed) return
      response.write(Buffer.of(byte))
      await sleep(fault.travel.dripMs, undefined, { ref: false })
    }
    response.end()
  } else {
    response.end(body)
    await once(response, 'close').catch(() => {})
  }
}
