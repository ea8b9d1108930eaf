// Vault as the admin of a site sees it: whose token is used, and how connections are.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openSite, type SiteParts, type SiteVault } from '../../../src/store/vault/site.js'
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
