// The way into Vault by a JSON Web Token from a file: one login a process, its token kept nowhere.

import type { VaultConfig } from '../host/config/resolved.js'
import { isObject, numberOf, stringOf } from '../host/json.js'
import { quoted } from '../host/quoted.js'
import type { VaultClient } from './vault-client.js'
import { troubleOf } from './vault-failure.js'
import { claimsOf, objection, refusalOf } from './vault-jwt.js'
import { readSecretFile } from './vault-secret-file.js'
import type { SessionOptions, SessionPerson, WayIn } from './vault-way-in.js'

/** Statuses by which Vault refuses a login; 404 is a wrong namespace. All others are trouble of its own. */
const refusals = [400, 401, 403, 404]

/** The JWT is judged before it is sent; `whyRefused` is always null, for the token is a fresh one. */
export function jwtLogin(
  client: VaultClient,
  auth: Extract<VaultConfig['auth'], { method: 'jwt' }>,
  { uid }: SessionPerson,
  { now, expectedEmail = null }: SessionOptions,
): WayIn {
  const { jwtFile: file, mount, role, audience, subject } = auth
  return {
    open: async () => {
      const found = readSecretFile(file, uid)
      if (found.kind === 'denied') return found
      if (found.kind === 'missing')
        return denied(`there is no JWT for Vault (${file}): see vault.auth.jwtFile`, file)
      const jwt = found.text
      const claims = await claimsOf(jwt)
      if (claims === null) return denied(`the JWT file holds no signed JWT (${file})`, file)
      const what = objection(claims, { file, audience, subject, email: expectedEmail }, now())
      if (what !== null) return denied(what, file)

      const path = `auth/${mount}/login`
      const body = JSON.stringify({ role, jwt })
      const reply = await client.request({ method: 'POST', path, token: null, body })
      if (reply.kind === 'reply' && reply.body && refusals.includes(reply.status))
        return denied(`${refusalOf(reply, { role, mount })} (${file})`, file)
      const granted = reply.kind === 'reply' && reply.status === 200 ? reply.body?.['auth'] : null
      if (!isObject(granted)) return troubleOf(reply, path)
      const token = stringOf(granted['client_token'])
      const seconds = numberOf(granted['lease_duration']) ?? 0
      if (token === null) return troubleOf(reply, path)
      return { kind: 'open', token, endsAtMs: seconds > 0 ? now() + seconds * 1000 : null }
    },
    whyRefused: async () => null,
    drift: () => null,
  }
}

function denied(what: string, file: string): { kind: 'denied'; what: string } {
  return { kind: 'denied', what: `${what}; type: ls -l ${quoted(file)}` }
}
