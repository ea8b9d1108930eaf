// Backing up while the shared document is away: the copy on this machine has a new login all the same.

import t from 'tap'
import { custodies, hourMs } from '../kit/engine.js'
import { openBao } from '../kit/openbao.js'
import { me, vaultEngine } from '../kit/vault-box.js'
import { vaultGateway } from '../kit/vault-gateway.js'

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)
  for (const custody of custodies)
    for (const what of ['a renewal', 'a sign-in'] as const)
      t.test(`${custody}: ${what} while it is away, and the file is deleted meanwhile`, async t => {
        await bao.put(me, {})
        const gateway = await vaultGateway(t, bao)
        const { address } = gateway
        const at = await vaultEngine(t, { ...bao, address }, { config: { custody } })
        t.match(await at.ensure(), { because: 'fresh', store: { state: 'current' } })
        await gateway.shut()
        if (what === 'a renewal') at.pass(5 * hourMs)
        else at.writeLogin(at.signIn())
        t.match(await at.ensure(), { verdict: 'attention' })
        const token = at.login()?.accessToken

        at.writeLogin(null)
        t.match(await at.ensure(), { because: 'fresh' })
        t.equal(at.login()?.accessToken, token, 'it comes back')

        await gateway.open()
        t.match(await at.ensure({ forced: true }), { verdict: 'ok', store: { state: 'current' } })
        const document = (await bao.document(me))?.data['claude_ai_oauth_json']
        t.match(document, token, 'and is delivered')
        t.equal(at.authority.counts().reuses, 0)
      })
})
