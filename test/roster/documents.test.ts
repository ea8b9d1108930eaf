// What a reply says of a token: Vault's own word ends it, and nothing that stands in between does.

import t, { type Test } from 'tap'
import { actInVault } from '../../src/offboard/vault-actions.js'
import { isTokenAlive, mintToken, unwrap } from '../../src/roster/documents.js'
import { vaultClient } from '../../src/store/vault/client.js'
import type { SiteVault } from '../../src/store/vault/site.js'
import { directNetwork } from '../kit/direct-network.js'
import { vaultGateway } from '../kit/vault-gateway.js'

/** A vault that gives this answer to all. */
async function answering(t: Test, status: number, body: string): Promise<SiteVault> {
  const gateway = await vaultGateway(t, null)
  gateway.instead = () => ({ status, body })
  const place = { address: gateway.address, namespace: null, timeoutMs: 5_000 }
  const client = vaultClient({ ...place, caCert: null, network: directNetwork() })
  return {
    server: { ...place, caCert: null, mount: 'secret', template: 'users/{user}' },
    request: request => client.request({ ...request, token: 's.admin' }),
    requestBy: (token, request) => client.request({ ...request, token }),
  }
}

const page = '<html><body>not here</body></html>'

t.test('the answer of a proxy leaves a token alive and its wrapping unopened', async t => {
  for (const status of [400, 403, 404])
    for (const body of [page, '', '{"message": "not here"}']) {
      const vault = await answering(t, status, body)
      t.equal(await isTokenAlive(vault, 'accessor'), null, `${status} ${body}`)
      const opened = await unwrap(vault, { wrapping: 's.wrapping' })
      t.not(opened.kind, 'known', `${status} ${body}`)
    }
})

t.test("Vault's own word ends it", async t => {
  const errors = (text: string) => JSON.stringify({ errors: [text] })
  const gone = await answering(t, 403, errors('1 error occurred: invalid accessor'))
  t.equal(await isTokenAlive(gone, 'accessor'), false)
  for (const status of [400, 404]) {
    const other = await answering(t, status, errors('invalid accessor'))
    t.equal(await isTokenAlive(other, 'accessor'), false, `${status}`)
  }
  const closed = await answering(t, 403, errors('permission denied'))
  t.equal(await isTokenAlive(closed, 'accessor'), null)
  const dead = await answering(t, 400, errors('wrapping token is not valid or does not exist'))
  t.same(await unwrap(dead, { wrapping: 's.wrapping' }), { kind: 'known', value: null })
})

t.test('a failure of Vault says nothing about the token, whatever it names', async t => {
  for (const [status, text] of [
    [500, '1 error occurred: failed to read index using accessor: storage is away'],
    [503, 'accessor index: Vault is sealed'],
    [429, 'request path "auth/token/lookup-accessor": rate limit quota exceeded'],
    [404, 'no handler for route "auth/token"'],
    [400, 'error performing token check: context canceled'],
  ] as const) {
    const vault = await answering(t, status, JSON.stringify({ errors: [text] }))
    t.equal(await isTokenAlive(vault, 'accessor'), null, text)
  }
})

t.test('only Vault itself says that nothing was minted', async t => {
  const ask = { vaultName: 'ada', host: 'ws1', nowMs: 0 }
  const errors = JSON.stringify({ errors: ['no handler for route'] })
  for (const status of [400, 403, 404, 413, 429]) {
    for (const body of [page, '', '{"message": "not here"}']) {
      const minted = await mintToken(await answering(t, status, body), ask)
      t.equal(minted.kind, 'unanswered', `${status} ${body}`)
    }
    t.equal((await mintToken(await answering(t, status, errors), ask)).kind, 'refused')
  }
})

t.test('only Vault itself says to a cut that no token can be minted', async t => {
  for (const body of [page, '', '{"message": "not here"}']) {
    const vault = await answering(t, 404, body)
    t.not(await actInVault(vault, 'ada', { do: 'try-mint' }), null, body)
  }
  const refusing = await answering(t, 400, JSON.stringify({ errors: ['entity is disabled'] }))
  t.equal(await actInVault(refusing, 'ada', { do: 'try-mint' }), null)
})

const plain = { token: 's.plainwrapping', wrapped_accessor: 'plainaccessor' }

for (const [name, wrapped, kind] of [
  ['one plain word each', plain, 'minted'],
  ['a sequence for a terminal', { ...plain, token: 's.x\u001b]52;c;aGk=\u0007' }, 'unanswered'],
  ['a C1 character', { ...plain, token: 's.x\u009b31m' }, 'unanswered'],
  ['a line break', { ...plain, token: 's.x\nroot: type this' }, 'unanswered'],
  ['a direction mark in the accessor', { ...plain, wrapped_accessor: 'a\u202eb' }, 'unanswered'],
  ['a list', { ...plain, token: ['s.x'] }, 'unanswered'],
] as const)
  t.test(`a wrapped token is shown as it came, so only a plain word is taken: ${name}`, async t => {
    const vault = await answering(t, 200, JSON.stringify({ wrap_info: wrapped }))
    t.match(await mintToken(vault, { vaultName: 'ada', host: 'ws1', nowMs: 0 }), { kind })
  })
