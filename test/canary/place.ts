// Where a statement is tried: a sandbox around the client under test, and every request that it sends.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Authority } from '../../src/demo/authority.js'
import type { Call, RequestRecord } from '../../src/demo/endpoints.js'
import type { Run } from '../kit/run.js'
import { type Sandbox, type SandboxOptions, sandbox } from '../kit/sandbox.js'

/** The newest client line, and the one that npm gives to Node 20. */
export type Line = 'new' | 'old'

/** One thing that the product relies on. */
export interface Statement {
  /** What is done, or how things are. */
  when: string
  /** What the client does then, in the words of `see`; where the lines differ, one each. */
  expected: string | Record<Line, string>
  /** It takes root, for a mount of its own. */
  asRoot?: boolean
  /** Tries it and says what the client did. */
  see(start: Start): Promise<string>
}

export interface Heard {
  record: RequestRecord
  call: Call
}

export interface Place extends Sandbox {
  /** Every request so far, oldest first. */
  heard: Heard[]
  /** Calls back for each request, before it is answered. */
  onRequest(hear: (heard: Heard) => void): void
  /** `claude -p hi` without retries. */
  ask(env?: Record<string, string>, args?: string[]): Promise<Run>
  /** The same by a shell that first runs `before`, in a mount namespace of its own if `isMounted`. */
  askAfter(before: string, isMounted?: boolean, env?: Record<string, string>): Promise<Run>
  tokenRequests(): Heard[]
  /** What signed the requests to the model: `the login file`, `an API key`, `another token` or `nothing`. */
  signedBy(): string
  path(file: string): string
  text(file: string): string
  settings(text: string | Record<string, unknown>, file?: string): void
  /** Called when the statement was tried. */
  atEnd(end: () => unknown): void
}

export type Start = (options?: SandboxOptions) => Promise<Place>

/** Each is a sandbox of its own; all end with `ends`. */
export function startIn(client: string, ends: (() => unknown)[]): Start {
  const t = { teardown: (end: () => unknown) => void ends.push(end) }
  return async options => {
    const heard: Heard[] = []
    const hearers: ((heard: Heard) => void)[] = []
    const hear = (record: RequestRecord, call: Call) => {
      heard.push({ record, call })
      for (const each of hearers) each({ record, call })
    }
    const box = await sandbox(t as never, {
      login: 'valid',
      client,
      via: 'proxy',
      ...options,
      authority: { ...options?.authority, hear },
    })
    const env = { CLAUDE_CODE_MAX_RETRIES: '0' }
    const path = (file: string) => join(box.home.path, file)
    return {
      ...box,
      heard,
      onRequest: hearer => void hearers.push(hearer),
      ask: (more, args = ['-p', 'hi']) =>
        box.run('claude', args, { env: { ...env, ...more }, timeoutMs: 60_000 }),
      askAfter: (before, isMounted = false, more = {}) => {
        const shell = ['/bin/bash', '-c', `${before}\nexec claude -p hi`]
        const own = ['/usr/bin/unshare', '--mount', '--propagation', 'private']
        const [program = '', ...args] = isMounted ? [...own, ...shell] : shell
        return box.run(program, args, { env: { ...env, ...more }, timeoutMs: 60_000 })
      },
      tokenRequests: () => heard.filter(({ record }) => record.endpoint === 'token'),
      signedBy: () => signers(heard, box.authority),
      path,
      text: file => readFileSync(path(file), 'utf8'),
      settings: (text, file = '.claude/settings.json') =>
        box.home.write(path(file), typeof text === 'string' ? text : JSON.stringify(text)),
      atEnd: t.teardown,
    }
  }
}

function signers(heard: Heard[], authority: Authority): string {
  const ofModel = heard.filter(({ record }) => record.endpoint === 'messages')
  const names = ofModel.map(({ call: { headers } }) => {
    const bearer = headers.authorization?.replace(/^Bearer /, '')
    if (bearer !== undefined)
      return authority.secrets().includes(bearer) ? 'the login file' : 'another token'
    return headers['x-api-key'] === undefined ? 'nothing' : 'an API key'
  })
  return [...new Set(names)].join(', then ') || 'nothing'
}

export const minuteMs = 60_000

/** `once`, `3 times`. */
export function times(count: number): string {
  return ['never', 'once', 'twice'][count] ?? `${count} times`
}

/** What a run in print mode came to. */
export function answerOf({ code, stdout, stderr }: Run): string {
  if (code === 0 && stdout.trim() === 'Hello.') return 'answers'
  const text = `${stdout}${stderr}`
  if (/Not logged in/.test(text)) return 'not logged in'
  if (/session expired/.test(text)) return 'session expired'
  if (/\b401\b/.test(text)) return '401'
  return code === null ? 'hangs' : `fails (${code})`
}
