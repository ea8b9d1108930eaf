// What must hold after the blocks under each heading of docs/vault.md were run: they do what they say, and no more.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
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

  "A user's first token": async (t, { server, tokenFile, adminToken }) => {
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

  'When a user leaves': async (t, { server, asAdmin, adminToken, tokenFile, jwtLogin }) => {
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
