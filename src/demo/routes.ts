// Which endpoint of the stand-in authority a request is for, and what it carries.

import type { IncomingHttpHeaders } from 'node:http'

export type Endpoint = 'token' | 'revoke' | 'profile' | 'roles' | 'messages' | 'slack'

/** A request that was read to its end. */
export interface Call {
  headers: IncomingHttpHeaders
  body: string
}

/** One request as it came; `status` stays null if it is never answered. */
export interface RequestRecord {
  endpoint: Endpoint | null
  method: string
  host: string
  path: string
  status: number | null
  userAgent: string
  /** Fingerprints of the tokens that it carried. */
  tokens: string[]
  atMs: number
}

const oauthHosts = ['platform.claude.com', 'console.anthropic.com']
const apiHosts = ['api.anthropic.com']

const routes: { endpoint: Endpoint; method: string; path: RegExp; hosts: string[] }[] = [
  { endpoint: 'token', method: 'POST', path: /^\/v1\/oauth\/token$/, hosts: oauthHosts },
  { endpoint: 'revoke', method: 'POST', path: /^\/v1\/oauth\/token\/revoke$/, hosts: oauthHosts },
  { endpoint: 'profile', method: 'GET', path: /^\/api\/oauth\/profile$/, hosts: apiHosts },
  { endpoint: 'roles', method: 'GET', path: /^\/api\/oauth\/claude_cli\/roles$/, hosts: apiHosts },
  { endpoint: 'messages', method: 'POST', path: /^\/v1\/messages$/, hosts: apiHosts },
  { endpoint: 'slack', method: 'POST', path: /^\/services\/.+$/, hosts: ['hooks.slack.com'] },
]

/** Which endpoint a request is for, or null. On loopback one host plays all of them. */
export function route(method: string, host: string, path: string): Endpoint | null {
  const isLoopback = host.startsWith('127.0.0.1')
  const found = routes.find(
    each =>
      each.method === method && each.path.test(path) && (isLoopback || each.hosts.includes(host)),
  )
  return found?.endpoint ?? null
}

/** The bearer token of a request, or null. */
export function bearer(headers: IncomingHttpHeaders): string | null {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? null
}

/** A request's JSON object, or null when it is none. */
export function jsonObject(call: Call): Record<string, unknown> | null {
  if (!/^application\/json\b/.test(call.headers['content-type'] ?? '')) return null
  try {
    const value: unknown = JSON.parse(call.body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Every token that a request carries. */
export function tokensOf(call: Call): string[] {
  const fields = jsonObject(call)
  const candidates = [bearer(call.headers), fields?.['refresh_token'], fields?.['token']]
  return candidates.filter(each => typeof each === 'string')
}
