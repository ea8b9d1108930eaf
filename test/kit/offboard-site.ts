// A site on a real OpenBao as docs/vault.md has it: users by token, by JWT and without an entity, and an admin with the page's policy.

import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { cutText } from '../../src/offboard/user-policy.js'
import {
  type UserVaultFacts,
  userVaultFactsOf,
  type VaultUser,
} from '../../src/offboard/vault-facts.js'
import { vaultClient } from '../../src/store/vault/client.js'
import type { SiteVault } from '../../src/store/vault/site.js'
import type { JsonObject } from '../../src/system/json.js'
import { blocksOf, fileNameOf, readManual } from '../docs/manual.js'
import { directNetwork } from './direct-network.js'
import { type JwtIssuer, jwtIssuer } from './jwt-issuer.js'
import { type OpenBao, openBao, policyText } from './openbao.js'

export interface OffboardSite {
  server: OpenBao
  issuer: JwtIssuer
  adminToken: string
  /** Another one for the admin. */
  mintAdmin(): Promise<string>
  /** The admin's, with what they asked for in `asked` (`GET sys/auth`). */
  vault: SiteVault
  asked: string[]
  /** A token with an entity, its accessor noted at the user's document; the document is made. */
  user(name: string, options?: { host?: string; data?: JsonObject }): Promise<string>
  /** A token without one, by a policy that the admin may cut; noted likewise. */
  legacyUser(name: string): Promise<string>
  jwtUser(name: string): Promise<string>
  /** The statuses of a read of their document, of a write, and of a renewal of the token. */
  tries(token: string, name: string): Promise<number[]>
}

export interface OffboardSiteOptions {
  /** Runs already, with its engine; else one is started. */
  server?: OpenBao
  /** Users whose own policies the admin's policy names. */
  legacy?: string[]
  config?: string
}

/** A user of the site as `userVaultFactsOf` takes them. */
export const ofUser = (vaultName: string): VaultUser => ({
  vaultName,
  uid: null,
  recordFolder: 'workstation/claude-fleet',
})

/** Throws where Vault does not tell. */
export async function factsOf({ vault }: OffboardSite, user: string): Promise<UserVaultFacts> {
  const facts = await userVaultFactsOf(vault, ofUser(user))
  if ('kind' in facts) throw new Error(facts.trouble.cause)
  return facts
}

export async function offboardSite(
  t: Test,
  { legacy = ['lea'], config = '', server: running }: OffboardSiteOptions = {},
): Promise<OffboardSite> {
  const server = running ?? (await openBao(t, { config }))
  const issuer = await jwtIssuer(server)
  const well = async (...args: Parameters<OpenBao['ask']>) => {
    const { status, body } = await server.ask(...args)
    if (status >= 300) throw new Error(`${args[1]}: ${status} ${JSON.stringify(body)}`)
    return body
  }
  const mounts = (await well('GET', 'sys/auth'))['data'] as Record<string, { accessor: string }>
  const own = ['token/', 'jwt/'].flatMap(mount => {
    const name = `{{identity.entity.aliases.${mounts[mount]?.accessor}.name}}`
    return [
      `path "secret/data/workstation/claude-users/${name}" { capabilities = ["create", "read", "update", "patch"] }`,
      `path "secret/metadata/workstation/claude-users/${name}" { capabilities = ["read"] }`,
      `path "secret/metadata/workstation/claude-fleet/${name}" { capabilities = ["create", "read", "patch"] allowed_parameters = { "custom_metadata" = [] } }`,
    ]
  })
  const self = [
    'lookup-self" { capabilities = ["read"] }',
    'renew-self" { capabilities = ["update"] }',
  ]
  const policy = [...own, ...self.map(each => `path "auth/token/${each}`)].join('\n')
  await well('PUT', 'sys/policies/acl/claude-users', { policy })
  await well('POST', 'auth/token/roles/claude-users', {
    allowed_policies: 'claude-users',
    allowed_entity_aliases: '*',
    orphan: true,
    renewable: true,
    token_period: '768h',
    token_no_default_policy: true,
  })
  const page = blocksOf(readManual('vault.md'))
  const block = page.find(each => fileNameOf(each) === 'claude-auth-admin.hcl')?.text ?? ''
  const pinned = legacy.map(name => {
    const texts = [policyText(name, true), cutText(policyText(name, true))].map(each =>
      JSON.stringify(each),
    )
    return `path "sys/policies/acl/workstation-claude-${name}" {
      capabilities = ["create", "read", "update"]
      allowed_parameters = { "policy" = [${texts.join(', ')}] }
    }`
  })
  await well('PUT', 'sys/policies/acl/claude-auth-admin', { policy: [block, ...pinned].join('\n') })
  const mintAdmin = async () => {
    const { auth } = await well('POST', 'auth/token/create-orphan', {
      policies: ['claude-auth-admin'],
      no_default_policy: true,
      ttl: '8h',
    })
    return String((auth as JsonObject)['client_token'])
  }
  const adminToken = await mintAdmin()
  const client = vaultClient({
    address: server.address,
    namespace: null,
    caCert: server.caFile && readFileSync(server.caFile, 'utf8'),
    timeoutMs: 5000,
    network: directNetwork(),
  })
  const asked: string[] = []
  const path = (name: string) => `workstation/claude-users/${name}`
  const noteAccessor = (name: string, host: string, accessor: unknown) =>
    well('PATCH', `secret/metadata/${path(name)}`, {
      custom_metadata: { [`accessor_${host}`]: accessor },
    })
  return {
    server,
    issuer,
    adminToken,
    mintAdmin,
    asked,
    vault: {
      server: {
        address: server.address,
        namespace: null,
        caCert: server.caFile,
        mount: 'secret',
        template: path('{user}'),
        timeoutMs: 5000,
      },
      request: request => {
        asked.push(`${request.method} ${request.path}`)
        return client.request({ ...request, token: adminToken })
      },
      requestBy: (token, request) => client.request({ ...request, token }),
    },
    user: async (name, { host = 'ws1', data = { setup_token: '' } } = {}) => {
      const { auth } = await well('POST', 'auth/token/create/claude-users', {
        entity_alias: name,
        display_name: `${host}-claude-auth-${name}`,
      })
      await server.put(name, data)
      await noteAccessor(name, host, (auth as JsonObject)['accessor'])
      return String((auth as JsonObject)['client_token'])
    },
    legacyUser: async name => {
      const token = await server.userToken(name)
      const { data } = await well('GET', 'auth/token/lookup-self', undefined, token)
      await server.put(name, { setup_token: '' })
      await noteAccessor(name, 'ws1', (data as JsonObject)['accessor'])
      return token
    },
    jwtUser: async name => {
      const jwt = await issuer.sign({ sub: name })
      const { auth } = await well('POST', 'auth/jwt/login', { role: 'claude-auth', jwt }, '')
      return String((auth as JsonObject)['client_token'])
    },
    tries: async (token, name) => {
      const at = `secret/data/${path(name)}`
      const read = await server.ask('GET', at, undefined, token)
      const wrote = await server.ask('PATCH', at, { data: { backed_up_at: '' } }, token)
      const renewed = await server.ask('POST', 'auth/token/renew-self', {}, token)
      return [read.status, wrote.status, renewed.status]
    },
  }
}
