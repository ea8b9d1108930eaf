// A bare client's own refresh: in the last five minutes, the same token again after a failure, a blank after a refusal.

import { utimesSync } from 'node:fs'
import { clientId } from '../../../src/demo/endpoints.js'
import type { Engine } from '../../kit/engine.js'

const nearEndMs = 5 * 60_000
const mostTries = 4

export type Refreshed = 'not-due' | 'renewed' | 'refused' | 'no-answer'

/** As client 2.1.330 does it at its start, on the simulated clock. */
export async function bareRefresh(e: Engine): Promise<Refreshed> {
  const login = e.login()
  if (!login?.refreshToken || login.expiresAt === null) return 'not-due'
  if (login.expiresAt > e.clock.ms + nearEndMs) return 'not-due'
  const { refreshToken: refresh_token, scopes } = login
  for (let tries = 0; tries < mostTries; tries++) {
    const body = JSON.stringify({
      grant_type: 'refresh_token',
      refresh_token,
      client_id: clientId,
      scope: scopes.join(' '),
    })
    const headers = { 'content-type': 'application/json', 'user-agent': 'bare-client' }
    const reply = await fetch(`${e.authority.url}/v1/oauth/token`, {
      method: 'POST',
      headers,
      body,
    }).catch(() => null)
    if (reply?.status === 400) {
      e.blank()
      touch(e)
      return 'refused'
    }
    if (reply?.status !== 200) continue
    const granted = (await reply.json()) as Record<string, unknown>
    e.writeLogin({
      ...login,
      accessToken: String(granted['access_token']),
      refreshToken: String(granted['refresh_token']),
      expiresAt: e.clock.ms + Number(granted['expires_in']) * 1000,
    })
    touch(e)
    return 'renewed'
  }
  return 'no-answer'
}

/** The login file was written at the simulated time. */
export function touch(e: Engine) {
  if (e.login() === null) return
  const at = e.clock.ms / 1000
  utimesSync(e.home.paths.loginFile, at, at)
}
