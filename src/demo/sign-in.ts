// A sign-in at the stand-in authority: a new login, in the shape the client keeps it.

import type { Approval } from './endpoints.js'
import { type Grants, loginScopes, type User } from './grants.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Life of an access token where nothing else is asked for. */
export const usualAccessLifeMs = 8 * hourMs

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

export interface SignIn {
  user: User
  /** Life of this access token, 8 h if not given; negative: it is over already. */
  lifeMs?: number
  /** Life of the login; null: never ends. 30 days if not given. */
  loginLifeMs?: number | null
  scopes?: string[]
}

/** What a sign-in is granted. */
export function approval(options: SignIn): Approval {
  const { user, lifeMs = usualAccessLifeMs, loginLifeMs = 30 * dayMs } = options
  return { user, accessMs: lifeMs, loginMs: loginLifeMs, scopes: options.scopes ?? loginScopes }
}

/** Mints a login as `auth login` would leave it in the login file. */
export function signIn(grants: Grants, options: SignIn): ClientLogin {
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
export function mintLongLived(grants: Grants, user: User): ClientLogin {
  const life = { accessMs: 365 * dayMs, loginMs: null }
  const { accessToken, scopes } = grants.open(user, life, ['user:inference'])
  const rest = { subscriptionType: user.subscriptionType, rateLimitTier: 'default_claude_max_5x' }
  return { accessToken, refreshToken: null, expiresAt: null, scopes, ...rest }
}
