// The long-lived token in a shared document: a site's own, on several hosts, and while Vault is away.

import t from 'tap'
import type { JsonObject } from '../../src/system/json.js'
import { type Engine, hourMs, storyOf } from '../kit/engine.js'
import { openBao } from '../kit/openbao.js'
import { vaultConfig, vaultEngine } from '../kit/vault-box.js'

const bao = await openBao(t)

/** Changes keys of the document, as an admin or another tool does. */
async function change(at: Engine, keys: JsonObject) {
  const { store } = await at.run()
  const read = await store?.read()
  if (!store || (read?.kind !== 'current' && read?.kind !== 'empty')) throw new Error('no store')
  const outcome = await store.change(keys, read.version)
  if (outcome.kind !== 'written') throw new Error(outcome.kind)
}

for (const patch of [true, false])
  t.test(`a site’s setup_token${patch ? '' : ', with the older policy'}`, async t => {
    const vault = { path: `workstation/claude-users/{user}` }
    const at = await vaultEngine(t, bao, { patch, config: { credential: 'long-lived' }, vault })
    const first = at.login()
    const { accessToken: token } = at.authority.mintLongLived(at.user)
    await at.ensure()
    await change(at, { setup_token: token, site: 'theirs' })
    at.pass(hourMs)
    const outcome = await at.ensure()
    t.match(outcome, { verdict: 'ok', credential: 'long-lived', loginEndsAt: null })
    t.equal(at.login()?.accessToken, token)
    t.equal((await at.stored())?.refreshToken, first?.refreshToken)

    const config = { store: 'vault', credential: 'long-lived' }
    at.configure({ ...config, vault: { ...vaultConfig(bao), address: 'https://127.0.0.1:9' } })
    at.pass(2 * hourMs)
    const away = await at.ensure()
    t.match(away, { verdict: 'attention', because: 'long-lived', store: { state: 'unreachable' } })
    t.equal(at.login()?.accessToken, token, 'it stays while Vault is away')

    at.configure({ ...config, vault: vaultConfig(bao) })
    await change(at, { setup_token: null })
    t.match(await at.ensure(), { verdict: 'ok', credential: 'login' })
    t.equal(at.login()?.accessToken, first?.accessToken)
    t.equal(at.authority.counts().reuses, 0)
    await change(at, { claude_ai_oauth_json: null, claude_auth_lineage: null })
  })

t.test('two hosts: each takes it, and each gets the login back', async t => {
  const config = { credential: 'long-lived', custody: 'sole' }
  const one = await vaultEngine(t, bao, { config })
  const { accessToken: token } = one.authority.mintLongLived(one.user)
  await one.ensure()
  const two = await vaultEngine(t, bao, { config, login: 'none', beside: one })
  await two.ensure()
  await change(one, { setup_token: token })
  for (const at of [one, two]) {
    t.match(await at.ensure({ forced: true }), { verdict: 'ok', credential: 'long-lived' })
    t.equal(at.login()?.accessToken, token)
  }
  await change(two, { setup_token: null })
  one.pass(20 * hourMs)
  const back = [await one.ensure(), await two.ensure()]
  t.match(back, [
    { verdict: 'ok', credential: 'login' },
    { verdict: 'ok', credential: 'login' },
  ])
  t.equal(one.login()?.accessToken, two.login()?.accessToken)
  t.match(back.map(storyOf).join(), /renew expired/)
  t.equal(one.authority.counts().rotations, 1, 'one renewal for both')
  t.equal(one.authority.counts().reuses, 0)
})
