// What must hold after the blocks under each heading of docs/vault.md were run: they do what they say, and no more.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { cutText, openText } from '../../src/offboard/user-policy.js'
import { actInVault } from '../../src/offboard/vault-actions.js'
import { vaultClient } from '../../src/store/vault/client.js'
import type { SiteVault } from '../../src/store/vault/site.js'
import type { JsonObject } from '../../src/system/json.js'
import { directNetwork } from '../kit/direct-network.js'
import type { OpenBao } from '../kit/openbao.js'
import { vaultPerson } from '../kit/vault-person.js'
import { closed, opens, own } from './manual.js'
import { type Desk, textOf } from './vault-desk.js'

type Check = (t: Test, desk: Desk, printed: string) => Promise<unknown>

const everything = 'path "*" { capabilities = ["create", "read", "update", "delete", "sudo"] }'
const mint = 'auth/token/create/claude-users'

export const checks: Record<string, Check> = {
  "The admin's own policy": async (t, { folder, asAdmin }) => {
    for (const name of ['claude-users', 'claude-auth-admin', 'claude-users-2', 'default'])
      t.equal(await asAdmin(`sys/policies/acl/${name}`, { policy: everything }), 403, name)
    const users = textOf(join(folder, 'claude-users.hcl'))
    const more = { policy: `${users}\n${everything}\n` }
    t.equal(await asAdmin('sys/policies/acl/claude-users', more), 403, 'not a line more')
    t.equal(await asAdmin('sys/mounts/other', { type: 'kv' }), 403)
    t.equal(await asAdmin('sys/auth/other', { type: 'userpass' }), 403)
  },

  'The engine': async (t, { server, adminToken }) => {
    const { body } = await server.ask('GET', 'secret/config', undefined, adminToken())
    t.match(body, { data: { max_versions: 3 } })
  },

  "The users' policy": async (t, { server }) => {
    const made = { policies: ['workstation-claude-alice'], no_default_policy: true }
    const { body } = await server.ask('POST', 'auth/token/create-orphan', made)
    const token = String((body['auth'] as { client_token: string }).client_token)
    t.same(await opens(server, token, 'alice'), own)
    t.same(await opens(server, token, 'bob'), closed)
    const old = await server.userToken('carol', { patch: false })
    t.same(await opens(server, old, 'carol'), [200, 403, 200], 'as sites have it')
  },

  'The token role': async (t, { asAdmin }) => {
    const fixed = { orphan: 'true', token_no_default_policy: 'true' }
    const users = { ...fixed, allowed_policies: 'claude-users' }
    for (const more of [
      fixed,
      { ...fixed, allowed_policies: 'root' },
      { ...fixed, allowed_policies: 'claude-users,claude-auth-admin' },
      { ...fixed, allowed_policies_glob: '*' },
      { ...users, allowed_policies_glob: '*' },
      { ...users, disallowed_policies: 'x' },
    ])
      t.equal(await asAdmin('auth/token/roles/claude-users', more), 403, JSON.stringify(more))
    t.equal(await asAdmin('auth/token/roles/another', users), 403)
    const alice = { entity_alias: 'alice', display_name: 'ws1-claude-auth-alice' }
    t.equal(await asAdmin(mint, alice), 403, 'only wrapped')
    t.equal(await asAdmin(mint, alice, 'wrap'), 200)
    for (const policies of ['root', 'claude-auth-admin', 'claude-users'])
      for (const path of [mint, 'auth/token/create', 'auth/token/create-orphan'])
        t.equal(await asAdmin(path, { ...alice, policies }, 'wrap'), 403, `${policies}: ${path}`)
    t.equal(await asAdmin(mint, { display_name: 'x' }, 'wrap'), 403, 'only for somebody')
  },

  "A user's first token": async (t, { server, folder, tokenFile, adminToken }) => {
    await looksOnly(t, server, textOf(join(folder, 'fleet-token')), textOf(tokenFile))
    t.equal(statSync(tokenFile).mode & 0o777, 0o600)
    const token = textOf(tokenFile)
    const { body } = await server.ask('GET', 'auth/token/lookup-self', undefined, token)
    t.match(body['data'], {
      display_name: 'token-ws1-claude-auth-alice',
      policies: ['claude-users'],
      orphan: true,
      renewable: true,
    })
    const renewed = await server.ask('POST', 'auth/token/renew-self', {}, token)
    t.match(renewed.body['auth'], { lease_duration: 768 * 3600 })
    t.same(await opens(server, token, 'alice'), own)
    t.same(await opens(server, token, 'bob'), closed)
    t.same(await opens(server, adminToken(), 'alice'), closed, 'the admin opens no document')
    const person = vaultPerson(t, server)
    person.put(token)
    t.equal((await person.session().token()).kind, 'open', 'claude-auth takes it')
  },

  'Signing in by JWT instead': async (t, { server, asAdmin, jwtLogin }, printed) => {
    t.match(printed, /token_duration +1h/)
    t.notMatch(printed, /^token /m)
    const token = await jwtLogin('alice')
    t.same(await opens(server, token, 'alice'), own)
    t.same(await opens(server, token, 'bob'), closed)
    const fixed = { user_claim: 'sub', bound_audiences: 'vault', token_no_default_policy: 'true' }
    const users = { ...fixed, token_policies: 'claude-users' }
    for (const more of [
      fixed,
      { ...fixed, token_policies: 'claude-auth-admin' },
      { ...users, policies: 'claude-auth-admin' },
      { ...users, groups_claim: 'groups' },
      { ...users, user_claim: 'email' },
    ])
      t.equal(await asAdmin('auth/jwt/role/claude-auth', more), 403, JSON.stringify(more))
    t.equal(await asAdmin('auth/jwt/role/another', users), 403)
  },

  'A limit, if you want one': async (t, { server, asAdmin, adminToken }) => {
    const quota = 'sys/quotas/rate-limit/claude-users'
    const { body } = await server.ask('GET', quota, undefined, adminToken())
    t.match(body, { data: { rate: 20, path: /^auth\/jwt/ } })
    t.equal(await asAdmin(quota, { path: '', rate: 1 }), 403, 'never on all of Vault')
  },

  'When a user leaves': async (
    t,
    { server, asAdmin, adminToken, tokenFile, jwtLogin },
    printed,
  ) => {
    t.notMatch(printed, /not deleted/)
    await legacyCut(t, server, adminToken())
    const token = textOf(tokenFile)
    t.equal((await server.ask('GET', 'auth/token/lookup-self', undefined, token)).status, 403)
    t.same(await opens(server, token, 'alice'), closed)
    t.equal(await jwtLogin('alice'), '', 'a JWT opens nothing any more')
    const document = 'secret/metadata/workstation/claude-users/alice'
    t.equal((await server.ask('GET', document)).status, 404)

    const { body: mounts } = await server.ask('GET', 'sys/auth', undefined, adminToken())
    for (const mount of ['token/', 'jwt/']) {
      const { accessor } = (mounts['data'] as Record<string, { accessor: string }>)[mount] ?? {}
      const lookUp = { alias_name: 'alice', alias_mount_accessor: accessor }
      const { body } = await server.ask('POST', 'identity/lookup/entity', lookUp, adminToken())
      const entity = `identity/entity/id/${(body['data'] as { id: string }).id}`
      for (const more of [{ policies: 'root' }, { name: 'x' }, { metadata: { a: 'b' } }])
        t.equal(await asAdmin(entity, { disabled: false, ...more }), 403, JSON.stringify(more))
      t.equal(await asAdmin(entity, { disabled: false }), 204, 'the user may come back')
    }
    t.equal(await asAdmin('identity/entity', { name: 'x', policies: 'root' }), 403)
    t.equal((await server.ask('GET', 'auth/token/lookup-self', undefined, token)).status, 403)
    t.same(await opens(server, await jwtLogin('alice'), 'alice'), own)
  },
}

const documents = 'workstation/claude-users'
const records = 'workstation/claude-fleet'

/** Who looks at all logins sees metadata, and nothing that could be a login; a user publishes one record, their own. */
async function looksOnly(t: Test, server: OpenBao, fleet: string, user: string): Promise<void> {
  const status = async (token: string, ...[method, path, body]: Parameters<OpenBao['ask']>) =>
    (await server.ask(method, path, body, token)).status
  const record = { custom_metadata: { ws1: '{"v":1}' } }
  const at = (name: string) => `secret/metadata/${records}/${name}`
  t.equal(await status(user, 'POST', at('alice'), record), 204)
  t.equal(await status(user, 'POST', at('alice'), record), 403, 'nobody replaces the whole')
  t.equal(await status(user, 'PATCH', at('alice'), record), 204)
  t.equal(await status(user, 'PATCH', at('alice'), { ...record, max_versions: 1 }), 403)
  t.equal(await status(user, 'GET', at('alice')), 200)
  for (const path of [at('bob'), `secret/data/${records}/alice`]) {
    for (const method of ['GET', 'POST', 'PATCH'] as const) {
      // OpenBao looks whether a POST creates or updates before it looks at the policy.
      const answer = await status(user, method, path, record)
      t.ok(answer === 403 || (method === 'POST' && answer === 400), `${method} ${path}: ${answer}`)
    }
    t.equal((await server.ask('GET', path)).status, 404, 'and nothing was made')
  }

  t.equal(await status(fleet, 'GET', `secret/metadata/${documents}/alice`), 200)
  t.equal(await status(fleet, 'GET', at('alice')), 200)
  for (const folder of [documents, records]) {
    t.equal(await status(fleet, 'GET', `secret/metadata/${folder}/?list=true`), 200)
    t.equal(await status(fleet, 'GET', `secret/detailed-metadata/${folder}/?list=true`), 200)
  }
  for (const path of [
    `secret/data/${documents}/alice`,
    `secret/data/${documents}/alice?version=1`,
    `secret/subkeys/${documents}/alice`,
    'secret/metadata/workstation/?list=true',
    'sys/auth',
  ])
    t.equal(await status(fleet, 'GET', path), 403, path)
  for (const path of [`secret/metadata/${documents}/alice`, at('alice')])
    for (const method of ['POST', 'PATCH'] as const)
      t.equal(await status(fleet, method, path, record), 403, `${method} ${path}`)
}

/** The admin may write both texts of that policy, which the blocks did, and no third. */
async function legacyCut(t: Test, server: OpenBao, admin: string): Promise<void> {
  const path = 'sys/policies/acl/workstation-claude-alice'
  const read = async () =>
    String(((await server.ask('GET', path, undefined, admin)).body['data'] as JsonObject)['policy'])
  const open = await read()
  t.match(open, /^# workstation-claude-alice\.hcl/, 'it is back')
  const cut = { do: 'write-policy', name: 'workstation-claude-alice', text: cutText(open) } as const
  const vault = asking(server, admin)
  t.equal(await actInVault(vault, 'alice', cut), null, 'claude-auth offboard may cut it')
  t.equal(openText(await read()), open.trim())
  const third = { policy: `${cutText(open)}\n${everything}` }
  t.equal((await server.ask('POST', path, third, admin)).status, 403)
  t.equal(await actInVault(vault, 'alice', { ...cut, text: open.trim() }), null, 'and back')
}

function asking(server: OpenBao, own: string): SiteVault {
  const { address } = server
  const place = { address, namespace: null, caCert: null, timeoutMs: 5000 }
  const client = vaultClient({ ...place, network: directNetwork() })
  const requestBy: SiteVault['requestBy'] = (token, request) =>
    client.request({ ...request, token })
  return {
    server: { ...place, mount: 'secret', template: `${documents}/{user}` },
    request: request => requestBy(own, request),
    requestBy,
  }
}
