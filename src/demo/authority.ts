// The stand-in authority: a strict OAuth server on loopback that demo and tests sign in at, for logins in the shape the client
// keeps them.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dayMs, hourMs } from '../system/time.js'
import {
  type Approval,
  answerFor,
  type Call,
  type Endpoint,
  type House,
  jsonObject,
  type RequestRecord,
  route,
  tokensOf,
} from './endpoints.js'
import { type Fault, send } from './faults.js'
import { fingerprint, type Grants, loginScopes, makeGrants, type User } from './grants.js'

export interface AuthorityOptions {
  /** Epoch ms. */
  now: () => number
  random: (bytes: number) => Buffer
  /** Life of a refreshed access token; 8 h if not given. */
  accessLifeMs?: number
  /** Whether a refresh tells when the login ends; true if not given. */
  tellsLoginEnd?: boolean
  /** What the model says. */
  says?: string
  /** Called with every request as it came, before it is answered. */
  hear?: (record: RequestRecord, call: Call) => void
}

export interface Authority {
  /** `http://127.0.0.1:PORT`, for the `endpoints` of our configuration. */
  url: string
  /** Answers one request; the TLS proxy hands decoded requests to it. */
  handle(request: IncomingMessage, response: ServerResponse): void
  signIn(options: SignIn): ClientLogin
  mintLongLived(user: User): ClientLogin
  /** A user signs in with a browser: the code that is shown there, to be pasted into a client once. */
  approve(options: SignIn): string
  revokeAccess(accessToken: string): void
  expireAccess(accessToken: string): void
  endFamily(token: string): void
  /** Whose login this access token is now, or null if it is refused. */
  accepts(accessToken: string): User | null
  /** The next `times` requests to `endpoint` meet this fault. */
  fail(endpoint: Endpoint, fault: Fault, times?: number): void
  /** Forgets the faults that were not met yet. */
  clearFaults(): void
  /** Every request since the start, oldest first. */
  requests: RequestRecord[]
  /** Bodies that reached the Slack stand-in and were answered `ok`. */
  slackMessages: unknown[]
  /** Requests to the token endpoint, and how many posted a token that was spent before. */
  counts(): { tokenRequests: number; rotations: number; reuses: number }
  /** Every token ever minted. */
  secrets(): string[]
  close(): Promise<void>
}

/** Starts it on a free port of 127.0.0.1. Refresh tokens are single use; reuse ends the family. */
export async function startAuthority(options: AuthorityOptions): Promise<Authority> {
  const { now } = options
  const grants = makeGrants(now, options.random)
  const planned: { endpoint: Endpoint; fault: Fault; left: number }[] = []
  const requests: RequestRecord[] = []
  const slackMessages: unknown[] = []
  const house: House = {
    grants,
    accessMs: options.accessLifeMs ?? usualAccessLifeMs,
    tellsLoginEnd: options.tellsLoginEnd ?? true,
    says: options.says ?? 'Hello.',
    codes: new Map(),
  }

  function takeFault(endpoint: Endpoint | null): Fault {
    const next = planned.find(each => each.endpoint === endpoint && each.left > 0)
    if (next === undefined) return {}
    next.left -= 1
    return next.fault
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request
    const path = (request.url ?? '').replace(/\?.*/s, '')
    const host = headers.host ?? ''
    const endpoint = route(method, host, path)
    const record: RequestRecord = {
      endpoint,
      method,
      host,
      path,
      status: null,
      userAgent: headers['user-agent'] ?? '',
      tokens: [],
      atMs: now(),
    }
    requests.push(record)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const call: Call = { headers, body: Buffer.concat(chunks).toString('utf8') }
    record.tokens = tokensOf(call).map(fingerprint)
    options.hear?.(record, call)
    const fault = takeFault(endpoint)
    if (fault.instead === 'hang') return
    if (fault.instead === 'drop') {
      response.destroy()
      return
    }
    const full = fault.instead ?? answerFor(endpoint, call, house, now())
    if (endpoint === 'slack' && full.status === 200) slackMessages.push(jsonObject(call))
    const sent = fault.edit?.(full) ?? full
    if (fault.travel !== 'hang' && fault.travel !== 'drop') record.status = sent.status
    // The client counts a log-out as confirmed only with this header (2.1.330).
    response.setHeader('request-id', `req_standin${String(requests.length).padStart(17, '0')}`)
    await send(response, sent, fault, now())
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    // A caller that hangs up in mid-request is its own business.
    serve(request, response).catch(() => response.destroy())
  }

  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handle,
    signIn: options => signIn(grants, options),
    mintLongLived: user => mintLongLived(grants, user),
    approve: signInOptions => {
      const code = options.random(24).toString('base64url')
      house.codes.set(code, approval(signInOptions))
      return code
    },
    revokeAccess: grants.revokeAccess,
    expireAccess: grants.expireAccess,
    endFamily: grants.endFamily,
    accepts: accessToken => {
      const family = grants.whose(accessToken)
      return typeof family === 'string' ? null : family.user
    },
    fail: (endpoint, fault, times = 1) => planned.push({ endpoint, fault, left: times }),
    clearFaults: () => planned.splice(0),
    requests,
    slackMessages,
    counts: () => ({
      tokenRequests: requests.filter(each => each.endpoint === 'token').length,
      ...grants.counts(),
    }),
    secrets: grants.minted,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Life of an access token where nothing else is asked for. */
const usualAccessLifeMs = 8 * hourMs

/** A login as the client keeps it under `claudeAiOauth` (client 2.1.330); times are epoch ms. */
export interface ClientLogin {
  accessToken: string
  refreshToken: string | null
  expiresAt: number | null
  refreshTokenExpiresAt?: number
  scopes: string[]
  subscriptionType: string
  rateLimitTier: string
}

interface SignIn {
  user: User
  /** Life of this access token, 8 h if not given; negative: it is over already. */
  lifeMs?: number
  /** Life of the login; null: never ends. 30 days if not given. */
  loginLifeMs?: number | null
  scopes?: string[]
}

/** What a sign-in is granted. */
function approval(options: SignIn): Approval {
  const { user, lifeMs = usualAccessLifeMs, loginLifeMs = 30 * dayMs } = options
  return { user, accessMs: lifeMs, loginMs: loginLifeMs, scopes: options.scopes ?? loginScopes }
}

/** Mints a login as `auth login` would leave it in the login file. */
function signIn(grants: Grants, options: SignIn): ClientLogin {
  const { user, accessMs, loginMs, scopes } = approval(options)
  const grant = grants.open(user, { accessMs, loginMs }, scopes)
  const endsAtMs = grant.family.endsAtMs
  return {
    accessToken: grant.accessToken,
    refreshToken: grant.refreshToken,
    expiresAt: grant.expiresAtMs,
    ...(endsAtMs === null ? {} : { refreshTokenExpiresAt: endsAtMs }),
    scopes: grant.scopes,
    subscriptionType: user.subscriptionType,
    rateLimitTier: 'default_claude_max_5x',
  }
}

/** What `setup-token` gives: about a year, inference only, nothing to refresh. */
function mintLongLived(grants: Grants, user: User): ClientLogin {
  const life = { accessMs: 365 * dayMs, loginMs: null }
  const { accessToken, scopes } = grants.open(user, life, ['user:inference'])
  const rest = { subscriptionType: user.subscriptionType, rateLimitTier: 'default_claude_max_5x' }
  return { accessToken, refreshToken: null, expiresAt: null, scopes, ...rest }
}
