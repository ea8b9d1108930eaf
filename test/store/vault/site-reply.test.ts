// The block of the admin's policy that a refusal names: as docs/vault.md has it, and never one that would make the admin root.

import t from 'tap'
import { missingBlock } from '../../../src/store/vault/site-reply.js'
import { blocksOf, fileNameOf, readManual } from '../../docs/manual.js'

const policy =
  blocksOf(readManual('vault.md')).find(each => fileNameOf(each) === 'claude-auth-admin.hcl')
    ?.text ?? ''

t.test('each block that is named stands in the manual', async t => {
  for (const [path, capability] of [
    ['secret/metadata/workstation/claude-users/alice', 'read'],
    ['secret/metadata/workstation/claude-users/', 'list'],
    ['secret/metadata/workstation/claude-fleet/alice', 'delete'],
    ['secret/subkeys/workstation/claude-users/alice', 'read'],
    ['sys/auth', 'read'],
    ['identity/lookup/entity', 'update'],
    ['identity/entity/id/0-1', 'update'],
    ['auth/token/lookup-accessor', 'update'],
    ['auth/token/revoke-accessor', 'update'],
    ['auth/token/create/claude-users', 'update'],
  ] as const) {
    const block = missingBlock(path, capability)
    const opens = /path "([^"]+)"/.exec(block)?.[1] ?? ''
    const rule = policy.split(/^(?=path )/m).find(each => each.startsWith(`path "${opens}"`))
    t.ok(rule, `${path}: ${block}`)
    t.match(rule, `"${capability}"`)
    if (/_parameters/.test(rule ?? '')) t.notMatch(block, /capabilities/, 'bounds are not left out')
  }
})

t.test('other mounts and paths', async t => {
  t.match(
    missingBlock('team/kv/metadata/x/y/alice', 'patch'),
    'path "team/kv/metadata/x/y/+" { capabilities = ["patch"] }',
  )
  t.match(missingBlock('sys/policies/acl/workstation-claude-lea', 'update'), /docs\/vault.md$/)
})
