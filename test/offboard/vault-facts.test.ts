// What is found of a user in Vault, on a real OpenBao: names that can stand in no path, and a path with the host in it.

import t from 'tap'
import { userVaultFactsOf } from '../../src/offboard/vault-facts.js'
import { destroySteps } from '../../src/offboard/vault-steps.js'
import { offboardSite } from '../kit/offboard-site.js'

const of = (vaultName: string) => ({
  vaultName,
  uid: null,
  recordFolder: 'workstation/claude-fleet',
})

t.test('a name that can stand in no path asks for nothing', async t => {
  const site = await offboardSite(t)
  for (const name of ['Alice', '../bob', 'a/b', '', 'a..b', 'é', '+', '*']) {
    t.match(await userVaultFactsOf(site.vault, of(name)), { kind: 'denied' }, name)
    t.same(site.asked, [])
  }
  t.match(await userVaultFactsOf(site.vault, of('Alice')), {
    trouble: { cause: /by a name of a-z.*\(not "A"\)/, command: 'claude-auth offboard alice' },
  })
})

t.test('with {host} in the path every document of the user counts, and no other', async t => {
  const site = await offboardSite(t)
  const template = 'workstation/claude-users/{user}/{host}'
  for (const path of ['alice/ws1', 'alice/ws2', 'alice2/ws1', 'alice'])
    await site.server.put(path, { a: 1 })
  const root = site.vault
  const asRoot = { ...root, server: { ...root.server, template } }
  await site.server.ask('PUT', 'sys/policies/acl/claude-auth-admin', {
    policy: 'path "*" { capabilities = ["read", "list", "update"] }',
  })
  const facts = await userVaultFactsOf(asRoot, of('alice'))
  if ('kind' in facts) return t.fail(facts.trouble.cause)
  t.same(
    facts.documents.map(({ path }) => path.replace('workstation/claude-users/', '')),
    ['alice/ws1', 'alice/ws2'],
  )
})

t.test('what opens a path for one user is asked for all of them', async t => {
  const site = await offboardSite(t)
  const template = 'workstation/claude-users/{user}/{host}'
  await site.server.put('alice/ws1', { a: 1 })
  const deep = { ...site.vault, server: { ...site.vault.server, template } }
  const { body } = await site.server.ask('GET', 'sys/policies/acl/claude-auth-admin')
  const before = String((body['data'] as { policy?: string }).policy)
  const policy = (more: string) =>
    site.server.ask('PUT', 'sys/policies/acl/claude-auth-admin', { policy: `${before}\n${more}` })
  const folder = 'secret/metadata/workstation/claude-users'
  const list = `path "${folder}/+/" { capabilities = ["list"] }`
  const read = `path "${folder}/+/+" { capabilities = ["read"] }`
  const denied = async () => {
    const facts = await userVaultFactsOf(deep, of('alice'))
    return 'kind' in facts ? `${facts.trouble.advice}` : 'found'
  }
  t.match(await denied(), `add to claude-auth-admin: ${list}`)
  await policy(list)
  t.match(await denied(), `add to claude-auth-admin: ${read}`)
  await policy(`${list}\n${read}`)
  t.equal(await denied(), 'found')
})

t.test('a record that the admin may not look at is left to a person', async t => {
  const site = await offboardSite(t)
  await site.user('alice')
  const { body } = await site.server.ask('GET', 'sys/policies/acl/claude-auth-admin')
  const policy = String((body['data'] as { policy?: string }).policy)
  const without = policy.replace(
    /path "secret\/metadata\/workstation\/claude-fleet\/\+" \{[^}]*\}/,
    '',
  )
  t.not(without, policy)
  const steps = async (more = {}) => {
    const facts = await userVaultFactsOf(site.vault, { ...of('alice'), ...more })
    return 'kind' in facts ? [] : destroySteps(facts)
  }
  t.same(
    (await steps()).map(({ state }) => state),
    ['to-do'],
  )
  await site.server.ask('PUT', 'sys/policies/acl/claude-auth-admin', { policy: without })
  t.match((await steps()).slice(1), [
    {
      id: 'delete:workstation/claude-fleet/alice',
      state: 'left',
      detail:
        /path "secret\/metadata\/workstation\/claude-fleet\/\+" \{ capabilities = \["read", "delete"\] \}, or .*--done/,
    },
  ])
  t.same((await steps({ publishesRecords: false })).slice(1), [], 'where none is published')
})
