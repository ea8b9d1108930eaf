// The endpoints of the stand-in authority, as strict as the real ones are known to be: routes, tokens, account pages.

import type { IncomingHttpHeaders } from 'node:http'
import type { StandInReply } from './faults.js'
import type { Grant, Grants, User } from './grants.js'

/** The client's public OAuth client id (client 2.1.330). */
export const clientId = '9d1c250a-e61b-44d9-88ed-5944d1962f5e'

/** How this authority was set up. */
export interface House {
  grants: Grants
  /** Life of an access token that a refresh gives. */
  accessMs: number
  /** Whether replies tell when the login ends (`refresh_token_expires_in`). */
  tellsLoginEnd: boolean
  /** What the model says. */
  says: string
  /** Authorization codes that were shown in a browser and not exchanged yet. */
  codes: Map<string, Approval>
}

/** A user who has just signed in, in a browser. */
export interface Approval {
  user: User
  accessMs: number
  loginMs: number | null
  scopes: string[]
}

/** The true answer to a request; it may spend, mint or end tokens. */
export function answerFor(
  endpoint: Endpoint | null,
  call: Call,
  house: House,
  nowMs: number,
): StandInReply {
  const { grants } = house
  switch (endpoint) {
    case 'token':
      return answerToken(call, house, nowMs)
    case 'revoke':
      return answerRevoke(call, grants)
    case 'profile':
      return forBearer(call, grants, profileOf)
    case 'roles':
      return forBearer(call, grants, rolesOf)
    case 'messages':
      return forBearer(call, grants, () => messageFor(jsonObject(call), house.says))
    case 'slack':
      return answerSlack(call)
    case null:
      return { status: 404, body: {} }
  }
}

/** RFC 6749 §5.2. */
function oauthError(error: string, description: string): StandInReply {
  return { status: 400, body: { error, error_description: description } }
}

const blocked: StandInReply = {
  status: 403,
  body: '<!doctype html><title>Sorry, you have been blocked</title>',
  headers: { 'content-type': 'text/html' },
}

const unauthorized: StandInReply = {
  status: 401,
  body: {
    type: 'error',
    error: { type: 'authentication_error', message: 'Invalid authentication credentials' },
  },
}

/** Both grants in JSON, as the client sends them: of a code (RFC 6749 §4.1.3), and the refresh grant. */
function answerToken(call: Call, house: House, nowMs: number): StandInReply {
  const fields = jsonObject(call)
  if (fields === null) return blocked
  if (fields['grant_type'] === 'authorization_code') return answerCode(fields, house, nowMs)
  return answerRefresh(fields, house, nowMs)
}

/** A code is exchanged once, with its verifier (RFC 7636). */
function answerCode(fields: Record<string, unknown>, house: House, nowMs: number): StandInReply {
  const { code, code_verifier: verifier, client_id: id } = fields
  const approval = typeof code === 'string' ? house.codes.get(code) : undefined
  if (id !== clientId) return oauthError('invalid_client', 'Unknown client')
  if (typeof verifier !== 'string' || verifier.length < 43)
    return oauthError('invalid_request', 'Malformed request')
  if (approval === undefined) return oauthError('invalid_grant', 'Code not found')
  house.codes.delete(String(code))
  const { user, accessMs, loginMs, scopes } = approval
  return granted(house.grants.open(user, { accessMs, loginMs }, scopes), accessMs, house, nowMs)
}

/** The refresh grant, RFC 6749 §6 with rotation. */
function answerRefresh(fields: Record<string, unknown>, house: House, nowMs: number): StandInReply {
  if (fields['grant_type'] !== 'refresh_token') return oauthError('unsupported_grant_type', '')
  if (fields['client_id'] !== clientId) return oauthError('invalid_client', 'Unknown client')
  const { refresh_token: token, scope } = fields
  if (typeof token !== 'string' || !(scope === undefined || typeof scope === 'string')) {
    return oauthError('invalid_request', 'Malformed request')
  }
  const grant = house.grants.rotate(token, scope?.split(' ') ?? null, house.accessMs)
  if (grant === 'scope') return oauthError('invalid_scope', 'Scope exceeds what was granted')
  if (typeof grant === 'string') return oauthError('invalid_grant', 'Refresh token not found')
  return granted(grant, house.accessMs, house, nowMs)
}

function granted(grant: Grant, accessMs: number, house: House, nowMs: number): StandInReply {
  const { user, endsAtMs } = grant.family
  const end =
    house.tellsLoginEnd && endsAtMs !== null ? Math.floor((endsAtMs - nowMs) / 1000) : null
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      access_token: grant.accessToken,
      expires_in: Math.floor(accessMs / 1000),
      refresh_token: grant.refreshToken,
      ...(end === null ? {} : { refresh_token_expires_in: end }),
      scope: grant.scopes.join(' '),
      account: { uuid: user.accountUuid, email_address: user.email },
      organization: { uuid: user.organizationUuid, name: user.organizationName },
    },
  }
}

/** RFC 7009: an unknown token is no error. */
function answerRevoke(call: Call, grants: Grants): StandInReply {
  const token = jsonObject(call)?.['token']
  if (typeof token !== 'string') return oauthError('invalid_request', 'Malformed request')
  grants.endFamily(token)
  return { status: 200, body: {} }
}

/** Runs `answer` for the user whose bearer token came, or refuses. */
function forBearer(call: Call, grants: Grants, answer: (user: User) => StandInReply): StandInReply {
  const token = bearer(call.headers)
  const family = token === null ? 'unknown' : grants.whose(token)
  return typeof family === 'string' ? unauthorized : answer(family.user)
}

/** Slack's incoming webhook: `ok` as text, or why not. */
function answerSlack(call: Call): StandInReply {
  const fields = jsonObject(call)
  if (fields === null) return { status: 400, body: 'invalid_payload' }
  const isEmpty = !fields['text'] && !fields['blocks'] && !fields['attachments']
  return isEmpty ? { status: 400, body: 'no_text' } : { status: 200, body: 'ok' }
}

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
function bearer(headers: IncomingHttpHeaders): string | null {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? null
}

/** A request's JSON object, or null. */
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

/** `GET /api/oauth/profile` (client 2.1.330). */
function profileOf(user: User): StandInReply {
  return {
    status: 200,
    body: {
      account: {
        uuid: user.accountUuid,
        full_name: user.email.split('@')[0],
        display_name: user.email.split('@')[0],
        email: user.email,
        has_claude_max: user.subscriptionType === 'max',
        has_claude_pro: false,
        created_at: '2025-01-01T00:00:00Z',
      },
      organization: {
        uuid: user.organizationUuid,
        name: user.organizationName,
        organization_type: `claude_${user.subscriptionType}`,
        billing_type: 'stripe_subscription',
        rate_limit_tier: 'default_claude_max_5x',
        has_extra_usage_enabled: false,
        subscription_status: 'active',
      },
    },
  }
}

/** `GET /api/oauth/claude_cli/roles` (client 2.1.330). */
function rolesOf(user: User): StandInReply {
  return {
    status: 200,
    body: {
      organization_uuid: user.organizationUuid,
      organization_name: user.organizationName,
      organization_role: 'user',
      workspace_uuid: null,
      workspace_name: null,
      workspace_role: null,
    },
  }
}

/** `POST /v1/messages`: one short assistant message, streamed where that was asked for. */
function messageFor(request: Record<string, unknown> | null, text: string): StandInReply {
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = {
    id: 'msg_standin',
    type: 'message',
    role: 'assistant',
    model: typeof request?.['model'] === 'string' ? request['model'] : 'claude-standin',
    content: [] as { type: 'text'; text: string }[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage,
  }
  if (request?.['stream'] !== true) {
    const content = [{ type: 'text' as const, text }]
    return { status: 200, body: { ...message, content, stop_reason: 'end_turn' } }
  }
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: events.map(each => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join(''),
  }
}
