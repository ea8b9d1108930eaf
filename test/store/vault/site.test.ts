// Vault as the admin of a site sees it: whose token is used, how connections are, and which block of a policy is missing.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  missingBlock,
  openSite,
  type SiteParts,
  type SiteVault,
} from '../../../src/store/vault/site.js'
import { blocksOf, fileNameOf, readManual } from '../../docs/manual.js'
import { directNetwork } from '../../kit/direct-network.js'
import { openBao } from '../../kit/openbao.js'
import { secretsInText } from '../../kit/secrets.js'
import { vaultGateway } from '../../kit/vault-gateway.js'

const parts: SiteParts = {
  network: directNetwork(),
  uid: process.geteuid?.() ?? -1,
  user: 'root',
  now: Date.now,
}

function serverAt(address: string) {
  const template = 'workstation/claude-users/{user}'
  return { address, namespace: null, caCert: null, mount: 'secret', template, timeoutMs: 2000 }
}

function tokenFile(t: Test, text: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-site-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  if (text !== null) writeFileSync(file, text, { mode: 0o600 })
  return file
}

async function signedIn(t: Test, address: string, token: string, more: Partial<SiteParts> = {}) {
  const auth = { method: 'token', tokenFile: tokenFile(t, token) } as const
  const site = await openSite(serverAt(address), auth, { ...parts, ...more })
  if ('kind' in site) throw new Error(site.trouble.cause)
  return site as SiteVault
}

t.test('every request carries the token of the file', async t => {
  const bao = await openBao(t)
  const site = await signedIn(t, bao.address, `${bao.rootToken}\n`)
  const reply = await site.request({ method: 'GET', path: 'auth/token/lookup-self' })
  t.match(reply, { kind: 'reply', status: 200, body: { data: { policies: ['root'] } } })
  t.match(await site.request({ method: 'GET', path: 'no/such' }), {
    status: 404,
    errors: [/no handler/],
  })
})

t.test(
  'a token file that is missing, open to others or holds no token is told by its name',
  async t => {
    const secret = 'no token but-a-secret'
    const open = tokenFile(t, 'hvs.CAESopen')
    chmodSync(open, 0o644)
    for (const [file, cause] of [
      [tokenFile(t, null), /there is no Vault token/],
      [tokenFile(t, secret), /this is no Vault token/],
      [open, /is readable by others/],
    ] as const) {
      const auth = { method: 'token', tokenFile: file } as const
      const site = await openSite(serverAt('http://127.0.0.1:9'), auth, parts)
      t.match(site, { kind: 'denied', trouble: { cause } })
      t.same(secretsInText(JSON.stringify(site), [secret, 'CAESopen']), [])
    }
  },
)

t.test('who sends many requests keeps as many connections as are in use at a time', async t => {
  const gateway = await vaultGateway(t, null)
  gateway.instead = () => ({ status: 200, body: '{"data":{}}' })
  const kept = await signedIn(t, gateway.address, 'hvs.CAESkept', { isKept: true })
  const ask = (site: SiteVault) => site.request({ method: 'GET', path: 'sys/x' })
  for (let turn = 0; turn < 20; turn++) await Promise.all([ask(kept), ask(kept)])
  t.equal(gateway.passed.length, 40)
  t.equal(gateway.connections, 2)
  const each = await signedIn(t, gateway.address, 'hvs.CAESkept')
  for (let turn = 0; turn < 3; turn++) await ask(each)
  t.equal(gateway.connections, 5)
})

t.test('a connection that the server ends is not used again', async t => {
  const gateway = await vaultGateway(t, null)
  gateway.instead = () => ({ status: 200, body: '{"data":{}}', headers: { connection: 'close' } })
  const site = await signedIn(t, gateway.address, 'hvs.CAESkept', { isKept: true })
  for (let turn = 0; turn < 3; turn++)
    t.match(await site.request({ method: 'GET', path: 'sys/x' }), { status: 200 })
  t.equal(gateway.connections, 3)
})

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
