// A real issuer of JSON Web Tokens (ES256), and an OpenBao that trusts it.

import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import type { OpenBao } from './openbao.js'

type Claims = Record<string, unknown>
type Keys = Awaited<ReturnType<typeof generateKeyPair>>

export interface JwtIssuer {
  /** A JWT for `alice` and `vault` that lives ten minutes; `claims` replace, undefined takes one out. */
  sign(claims?: Claims): Promise<string>
  /** The same by a key that nobody trusts. */
  forge(claims?: Claims): Promise<string>
  /** The mount's role of this name, changed by `more`. */
  role(name: string, more?: object): Promise<void>
}

export const issuer = 'https://issuer.example.com'

/** Mounts `auth/jwt` with the role `claude-auth`: audience `vault`, a session of one hour. */
export async function jwtIssuer(server: OpenBao): Promise<JwtIssuer> {
  const [trusted, stranger] = await Promise.all([keys(), keys()])
  const well = async (...args: Parameters<OpenBao['ask']>) => {
    const { status, body } = await server.ask(...args)
    if (status >= 300) throw new Error(`${args[1]}: ${status} ${JSON.stringify(body)}`)
  }
  await well('POST', 'sys/auth/jwt', { type: 'jwt' })
  await well('POST', 'auth/jwt/config', {
    jwt_validation_pubkeys: [await exportSPKI(trusted.publicKey)],
    bound_issuer: issuer,
  })
  const role: JwtIssuer['role'] = (name, more = {}) =>
    well('POST', `auth/jwt/role/${name}`, {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      token_policies: ['claude-users'],
      token_no_default_policy: true,
      token_ttl: '1h',
      ...more,
    })
  await role('claude-auth')
  const signed = (key: Keys['privateKey'], claims: Claims = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: issuer, sub: 'alice', aud: 'vault', iat: now, exp: now + 600 }
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(key)
  }
  return {
    sign: claims => signed(trusted.privateKey, claims),
    forge: claims => signed(stranger.privateKey, claims),
    role,
  }
}

/** The policy `claude-users`: each one's own document, by the name that the mount `accessor` knows them by. */
export async function templatedPolicy(server: OpenBao, mount: 'jwt' | 'token'): Promise<string> {
  const { body } = await server.ask('GET', 'sys/auth')
  const { accessor } = (body['data'] as Record<string, { accessor: string }>)[`${mount}/`] ?? {}
  const own = `workstation/claude-users/{{identity.entity.aliases.${accessor}.name}}`
  const policy = [
    `path "secret/data/${own}" { capabilities = ["create", "read", "update", "patch"] }`,
    `path "secret/metadata/${own}" { capabilities = ["read"] }`,
    'path "auth/token/lookup-self" { capabilities = ["read"] }',
    'path "auth/token/renew-self" { capabilities = ["update"] }',
  ].join('\n')
  const { status } = await server.ask('PUT', 'sys/policies/acl/claude-users', { policy })
  if (status >= 300) throw new Error(`the policy: ${status}`)
  return String(accessor)
}

function keys() {
  return generateKeyPair('ES256', { extractable: true })
}
