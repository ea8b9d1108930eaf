// What is found of a user in Vault, on a real OpenBao: names that can stand in no path, and a path with the host in it.

import t from 'tap'
import { userVaultFactsOf } from '../../src/offboard/vault-facts.js'
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
