// The stand-in authority's memory: users who signed in, and which tokens are still valid. No I/O.

import { createHash } from 'node:crypto'

/** All scopes of an ordinary sign-in (client 2.1.330); 2.1.197 asks for all but `user:plugins`. */
export const loginScopes = [
  'user:profile',
  'user:inference',
  'user:sessions:claude_code',
  'user:mcp_servers',
  'user:file_upload',
  'user:plugins',
]

/** Someone who can sign in. */
export interface User {
  email: string
  accountUuid: string
  organizationUuid: string
  organizationName: string
  subscriptionType: 'enterprise' | 'team' | 'max'
}

/** All tokens that descend from one sign-in; it ends as a whole (RFC 9700 §4.14.2). */
export interface Family {
  user: User
  scopes: string[]
  endsAtMs: number | null
  ended: boolean
}

/** What a refresh token is exchanged for. */
export interface Grant {
  family: Family
  accessToken: string
  refreshToken: string
  expiresAtMs: number
  scopes: string[]
}

/** Why a token does not count; `reuse` has just ended its family. */
export type Refusal = 'unknown' | 'ended' | 'expired' | 'reuse' | 'scope'

export interface Grants {
  /** A sign-in: a new family with its first pair of tokens. */
  open(user: User, life: { accessMs: number; loginMs: number | null }, scopes: string[]): Grant
  /** Spends a refresh token (single use). `scopes` null: as granted (RFC 6749 §6). */
  rotate(refreshToken: string, scopes: string[] | null, accessLifeMs: number): Grant | Refusal
  /** Whose access token it is, or why it is refused. */
  whose(accessToken: string): Family | Refusal
  /** The access token is refused from now on; its family lives on. */
  revokeAccess(accessToken: string): void
  /** As if the access token's life were over. */
  expireAccess(accessToken: string): void
  /** Ends the family of any of its tokens: what a log-out or an administrator does. */
  endFamily(token: string): void
  /** How often a refresh token was exchanged, and how often a spent one was presented. */
  counts(): { rotations: number; reuses: number }
  /** Every token ever minted, to prove that none of them shows up anywhere. */
  minted(): string[]
}

/** 8 hex digits of SHA-256, for logs that people read. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 8)
}

/** An empty memory. `now` is epoch ms; `random(bytes)` gives unguessable bytes. */
export function makeGrants(now: () => number, random: (bytes: number) => Buffer): Grants {
  const access = new Map<string, { family: Family; expiresAtMs: number; revoked: boolean }>()
  const refresh = new Map<string, { family: Family; spent: boolean }>()
  let rotations = 0
  let reuses = 0

  function mint(family: Family, scopes: string[], accessLifeMs: number): Grant {
    const accessToken = `sk-ant-oat01-${random(48).toString('base64url')}`
    const refreshToken = `sk-ant-ort01-${random(48).toString('base64url')}`
    const expiresAtMs = now() + accessLifeMs
    access.set(accessToken, { family, expiresAtMs, revoked: false })
    refresh.set(refreshToken, { family, spent: false })
    return { family, accessToken, refreshToken, expiresAtMs, scopes }
  }

  function isOver(family: Family): boolean {
    return family.ended || (family.endsAtMs !== null && family.endsAtMs <= now())
  }

  return {
    open(user, life, scopes) {
      const endsAtMs = life.loginMs === null ? null : now() + life.loginMs
      return mint({ user, scopes, endsAtMs, ended: false }, scopes, life.accessMs)
    },
    rotate(refreshToken, scopes, accessLifeMs) {
      const held = refresh.get(refreshToken)
      if (held === undefined) return 'unknown'
      const { family } = held
      if (held.spent) {
        reuses += 1
        family.ended = true
        return 'reuse'
      }
      if (isOver(family)) return 'ended'
      if (scopes?.some(scope => !family.scopes.includes(scope))) return 'scope'
      held.spent = true
      rotations += 1
      return mint(family, scopes ?? family.scopes, accessLifeMs)
    },
    whose(accessToken) {
      const held = access.get(accessToken)
      if (held === undefined) return 'unknown'
      if (held.revoked || held.family.ended) return 'ended'
      return held.expiresAtMs <= now() ? 'expired' : held.family
    },
    revokeAccess(accessToken) {
      const held = access.get(accessToken)
      if (held) held.revoked = true
    },
    expireAccess(accessToken) {
      const held = access.get(accessToken)
      if (held) held.expiresAtMs = Math.min(held.expiresAtMs, now())
    },
    endFamily(token) {
      const family = access.get(token)?.family ?? refresh.get(token)?.family
      if (family) family.ended = true
    },
    counts: () => ({ rotations, reuses }),
    minted: () => [...access.keys(), ...refresh.keys()],
  }
}
