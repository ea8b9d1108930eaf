// Offboarding in a namespace, with an engine at a path of several parts and a JWT mount of another name.

import t from 'tap'
import { othersKeys } from '../../src/offboard/others-keys.js'
import { cutInVault, doVaultSteps } from '../../src/offboard/vault-actions.js'
import { userVaultFactsOf } from '../../src/offboard/vault-facts.js'
import { destroySteps, revokeSteps, undoSteps } from '../../src/offboard/vault-steps.js'
import { vaultClient } from '../../src/store/vault/client.js'
import type { SiteVault } from '../../src/store/vault/site.js'
import { blocksOf, fileNameOf, readManual } from '../docs/manual.js'
import { directNetwork } from '../kit/direct-network.js'
import { openBao } from '../kit/openbao.js'

const namespace = 'it/team-a'
const mount = 'kv/claude'
const user = { vaultName: 'alice', uid: null, recordFolder: 'workstation/claude-fleet' }
const cause = { by: 'root@admin', why: 'left', nowMs: 1_795_872_000_000 }

t.test('each stage stays in its namespace and its engine', async t => {
  const server = await openBao(t)
  const well = async (...[method, path, body, token]: Parameters<typeof server.ask>) => {
    const reply = await server.ask(method, path, body, token)
    if (reply.status >= 300)
      throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  await well('POST', 'sys/namespaces/it', {})
  await well('POST', 'it/sys/namespaces/team-a', {})
  const at = (path: string) => `${namespace}/${path}`
  const document = (of: string) => `${at(mount)}/data/workstation/claude-users/${of}`
  await well('POST', at(`sys/mounts/${mount}`), { type: 'kv', options: { version: '2' } })
  await well('POST', at('sys/auth/people/jwt'), { type: 'jwt' })
  const page = blocksOf(readManual('vault.md'))
  const block = page.find(each => fileNameOf(each) === 'claude-auth-admin.hcl')?.text ?? ''
  const admin = block.replaceAll('"secret/', `"${mount}/`)
  await well('PUT', at('sys/policies/acl/claude-auth-admin'), { policy: admin })
  const mounts = (await well('GET', at('sys/auth')))['data'] as Record<string, { accessor: string }>
  const name = `{{identity.entity.aliases.${mounts['token/']?.accessor}.name}}`
  await well('PUT', at('sys/policies/acl/claude-users'), {
    policy: `path "${mount}/data/workstation/claude-users/${name}" { capabilities = ["create", "read", "update", "patch"] }`,
  })
  await well('POST', at('auth/token/roles/claude-users'), {
    allowed_policies: 'claude-users',
    allowed_entity_aliases: '*',
    orphan: true,
    token_no_default_policy: true,
  })
  const tokenOf = async (path: string, body: object) => {
    const { auth } = await well('POST', at(path), body)
    return auth as { client_token: string; accessor: string }
  }
  const only = { policies: ['claude-auth-admin'], no_default_policy: true }
  const { client_token: adminToken } = await tokenOf('auth/token/create-orphan', only)
  const alices = await tokenOf('auth/token/create/claude-users', {
    entity_alias: 'alice',
    display_name: 'ws1-claude-auth-alice',
  })
  const data = { setup_token: '', vaultwarden_email: 'a@example.com' }
  while ((await server.ask('POST', document('alice'), { data })).status >= 300);
  await well('PATCH', document('alice').replace('/data/', '/metadata/'), {
    custom_metadata: { accessor_ws1: alices.accessor },
  })
  // A namesake of the root namespace.
  await server.put('alice', { setup_token: '' })
  const namesake = await server.userToken('alice')

  const place = { address: server.address, namespace, caCert: null, timeoutMs: 5000 }
  const client = vaultClient({ ...place, network: directNetwork() })
  const vault: SiteVault = {
    server: { ...place, mount, template: 'workstation/claude-users/{user}' },
    request: request => client.request({ ...request, token: adminToken }),
    requestBy: (token, request) => client.request({ ...request, token }),
  }
  const facts = async () => {
    const found = await userVaultFactsOf(vault, user)
    if ('kind' in found) throw new Error(JSON.stringify(found.trouble))
    return found
  }
  const statusOf = async (token: string, path: string) =>
    (await server.ask('GET', path, undefined, token)).status

  const cut = await cutInVault(vault, user, cause)
  t.ok(Array.isArray(cut) && cut.every(({ state }) => state === 'done'), JSON.stringify(cut))
  t.equal(await statusOf(alices.client_token, document('alice')), 403)
  await doVaultSteps(vault, 'alice', undoSteps(await facts()))
  t.equal(await statusOf(alices.client_token, document('alice')), 200)
  await cutInVault(vault, user, cause)
  const revoked = await doVaultSteps(vault, 'alice', revokeSteps(await facts(), cause))
  t.ok(revoked.every(({ state }) => state === 'done'))
  t.same(await othersKeys(vault, await facts()), ['vaultwarden_email'])
  await doVaultSteps(vault, 'alice', destroySteps(await facts()))
  t.equal((await server.ask('GET', document('alice'))).status, 404)
  t.ok(await server.document('alice'), 'the namesake is not touched')
  t.equal(await statusOf(namesake, 'secret/data/workstation/claude-users/alice'), 200)
  t.notOk((await facts()).documents.length)
})
