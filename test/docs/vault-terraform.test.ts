// docs/vault.md: its Terraform blocks are well formed, and what they declare opens and refuses what it should on a real OpenBao.
// There is no Terraform here: each resource is written by the request that the provider makes of it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { blocksOf, closed, opens, own, readManual } from './manual.js'
import { filledIn, parseTerraform, type Value } from './terraform.js'
import { type Desk, vaultDesk } from './vault-desk.js'

const blocks = blocksOf(readManual('vault.md'))
const terraform = blocks.filter(({ mark }) => mark === 'terraform').map(({ text }) => text)
const declared = parseTerraform(terraform.join('\n'))

/** What a test has written and tried. */
const tried = new Set<string>()

const valuesOf = (name: string): Record<string, Value> => {
  tried.add(name)
  const found = declared.find(each => each.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found.values
}

/** As in the manual of the provider hashicorp/vault. */
const known: Record<string, string> = {
  vault_policy: 'for_each name policy',
  vault_mount: 'path type options',
  vault_kv_secret_backend_v2: 'mount max_versions',
  vault_token_auth_backend_role:
    'role_name allowed_policies allowed_entity_aliases orphan renewable token_period token_no_default_policy',
  vault_jwt_auth_backend: 'path jwt_validation_pubkeys jwt_supported_algs bound_issuer',
  vault_jwt_auth_backend_role:
    'backend role_name role_type user_claim bound_audiences token_policies token_no_default_policy token_ttl token_max_ttl',
  vault_quota_rate_limit: 'name path rate',
  vault_audit: 'type options',
  vault_auth_backend: 'path',
}

t.test(
  'every resource and argument is one of the provider, and every reference is declared',
  async t => {
    const names = declared.map(({ name }) => name)
    t.same(names, [...new Set(names)], 'each once')
    for (const { name, values } of declared) {
      const [kind, type = ''] = name.split(' ')
      if (kind === 'locals') continue
      for (const argument of Object.keys(values))
        t.ok(known[type]?.split(' ').includes(argument), `${name}: ${argument}`)
    }
    const locals = declared.find(({ name }) => name === 'locals')?.values
    const references = [...JSON.stringify(declared).matchAll(/(data\.)?(vault_\w+|local)\.(\w+)/g)]
    t.ok(references.length > 5)
    for (const [whole, data, type, name] of references)
      if (type === 'local') t.ok(locals && name && name in locals, whole)
      else t.ok(names.includes(`${data ? 'data' : 'resource'} ${type} ${name}`), whole)
  },
)

t.test('what they declare does what the commands do', async t => {
  const desk = await vaultDesk(t, blocks)
  const { policies, perUser } = await apply(t, desk)
  const { server, asAdmin, jwtLogin } = desk

  const mint = { entity_alias: 'alice', display_name: 'ws1-claude-auth-alice' }
  const { body } = await server.ask('POST', 'auth/token/create/claude-users', mint)
  const token = String((body['auth'] as { client_token: string }).client_token)
  for (const each of [token, await jwtLogin('alice'), await tokenWith(desk, perUser)]) {
    t.same(await opens(server, each, 'alice'), own)
    t.same(await opens(server, each, 'bob'), closed)
    t.equal((await server.ask('GET', 'auth/token/lookup-self', undefined, each)).status, 200)
  }

  // Root's block of commands makes the admin's token; its policy is then replaced by Terraform's.
  const root = blocks.find(({ mark }) => mark === 'root')?.text.replace('bao auth enable jwt', '')
  t.equal((await desk.run({ mark: 'root', text: root ?? '' })).code, 0)
  const written = await read(desk, 'sys/policies/acl/claude-auth-admin')
  t.not(written['policy'], policies['claude-auth-admin'], 'the commands pin one more')
  await server.ask('PUT', 'sys/policies/acl/claude-auth-admin', {
    policy: policies['claude-auth-admin'],
  })
  const users = policies['claude-users']
  t.equal(await asAdmin('sys/policies/acl/claude-users', { policy: users }), 204)
  t.equal(await asAdmin('sys/policies/acl/claude-users', { policy: `${users}\n` }), 403)
  t.equal(await asAdmin('sys/policies/acl/claude-auth-admin', { policy: users }), 403)
  const byCommand = readFileSync(join(desk.folder, 'claude-users.hcl'), 'utf8')
  t.same(rulesOf(users), rulesOf(byCommand), 'the same policy by both ways')
})

t.test('every resource is one that was written, and tried, above', async t => {
  const untried = declared.map(({ name }) => name).filter(name => !tried.has(name))
  // The accessor of a mount is read where it is written. OpenBao takes an audit device from its configuration alone.
  t.same(untried, ['data vault_auth_backend token', 'resource vault_audit file'])
})

/** All that they ask for, and no more: who applies them need not be root. What may write any policy is, in effect. */
const appliedBy = [
  ['sys/auth/jwt', 'create update sudo'],
  ...[
    ...['sys/mounts/secret', 'secret/config', 'auth/jwt/config', 'auth/jwt/role/claude-auth'],
    ...['auth/token/roles/claude-users', 'sys/quotas/rate-limit/claude-users'],
    ...['claude-users', 'claude-auth-fleet', 'claude-auth-admin'].map(
      name => `sys/policies/acl/${name}`,
    ),
  ].map(path => [path, 'create update read']),
]

async function tokenForApplying({ server }: Desk): Promise<string> {
  const policy = appliedBy
    .map(
      ([path, can = '']) => `path "${path}" { capabilities = ${JSON.stringify(can.split(' '))} }`,
    )
    .join('\n')
  await server.ask('PUT', 'sys/policies/acl/applies', { policy })
  const only = { policies: ['applies'], no_default_policy: true }
  const { body } = await server.ask('POST', 'auth/token/create-orphan', only)
  return String((body['auth'] as { client_token: string }).client_token)
}

/** Writes all resources; gives the texts of the policies by name. */
async function apply(t: Test, desk: Desk) {
  const token = await tokenForApplying(desk)
  const pem = readFileSync(join(desk.folder, 'issuer.pem'), 'utf8')
  const write = async (path: string, body: object) => {
    const { status, body: said } = await desk.server.ask('POST', path, body, token)
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(said)}`)
  }
  /** Each argument must come back: an unknown one would be passed over in silence. */
  const writeAll = async (path: string, resource: string, leaveOut: string[]) => {
    const entries = Object.entries(valuesOf(resource)).filter(([name]) => !leaveOut.includes(name))
    const values = Object.fromEntries(entries)
    await write(path, values)
    const found = await read(desk, path)
    for (const [name, value] of Object.entries(values))
      t.same(found[name], value, `${resource}: ${name}`)
  }
  await write('sys/mounts/secret', valuesOf('resource vault_mount secret'))
  await write('sys/auth/jwt', { type: 'jwt' })
  const { jwt_validation_pubkeys, path, ...config } = valuesOf(
    'resource vault_jwt_auth_backend jwt',
  )
  t.same([jwt_validation_pubkeys, path], [[`\${file("\${path.module}/issuer.pem")}`], 'jwt'])
  await write('auth/jwt/config', { ...config, jwt_validation_pubkeys: [pem] })
  await writeAll('secret/config', 'resource vault_kv_secret_backend_v2 secret', ['mount'])
  const role = 'resource vault_token_auth_backend_role claude_users'
  await writeAll('auth/token/roles/claude-users', role, ['role_name'])
  const jwtRole = 'resource vault_jwt_auth_backend_role claude_auth'
  await writeAll('auth/jwt/role/claude-auth', jwtRole, ['backend', 'role_name'])
  const quota = 'resource vault_quota_rate_limit claude_users'
  await write('sys/quotas/rate-limit/claude-users', valuesOf(quota))

  const mounts = (await read(desk, 'sys/auth')) as Record<string, { accessor: string }>
  const users = filledIn(String(valuesOf('locals')['claude_users']), {
    'data.vault_auth_backend.token.accessor': mounts['token/']?.accessor ?? '',
    'vault_jwt_auth_backend.jwt.accessor': mounts['jwt/']?.accessor ?? '',
  })
  const named = valuesOf('resource vault_policy claude_users')
  t.same(named, { name: 'claude-users', policy: `\${local.claude_users}` })
  const fleet = String(valuesOf('resource vault_policy claude_auth_fleet')['policy'])
  const admin = String(valuesOf('resource vault_policy claude_auth_admin')['policy'])
  const policies = {
    'claude-users': users,
    'claude-auth-fleet': filledIn(fleet, {
      [`file("\${path.module}/claude-auth-fleet.hcl")`]: readFileSync(
        join(desk.folder, 'claude-auth-fleet.hcl'),
        'utf8',
      ),
    }),
    'claude-auth-admin': filledIn(admin, {
      [`file("\${path.module}/claude-auth-admin.hcl")`]: readFileSync(
        join(desk.folder, 'claude-auth-admin.hcl'),
        'utf8',
      ),
      'jsonencode(local.claude_users)': JSON.stringify(users),
    }),
  }
  for (const [name, policy] of Object.entries(policies))
    await write(`sys/policies/acl/${name}`, { policy })
  const { policy, name, for_each } = valuesOf('resource vault_policy claude_user')
  t.same([name, for_each], [`workstation-claude-\${each.key}`, `\${toset(["alice"])}`])
  return { policies, perUser: filledIn(String(policy), { 'each.key': 'alice' }) }
}

async function tokenWith({ server }: Desk, policy: string): Promise<string> {
  await server.ask('PUT', 'sys/policies/acl/workstation-claude-alice', { policy })
  const policies = { policies: ['workstation-claude-alice'], no_default_policy: true }
  const { body } = await server.ask('POST', 'auth/token/create-orphan', policies)
  return String((body['auth'] as { client_token: string }).client_token)
}

async function read({ server }: Desk, path: string): Promise<Record<string, unknown>> {
  const { body } = await server.ask('GET', path)
  return body['data'] as Record<string, unknown>
}

/** A policy's rules, whatever the spaces and the order. */
function rulesOf(policy: string): string[] {
  return policy
    .replace(/\s+/g, ' ')
    .split(' path ')
    .map(rule => rule.replace(/^path /, '').trim())
    .sort()
}
