// The story with Vault: a real OpenBao keeps the login, and a host that lost its own gets it back.

import t from 'tap'
import { openBao } from '../kit/openbao.js'
import { realClient } from '../kit/real-clients.js'
import { me, vaultBox } from '../kit/vault-box.js'

const client = realClient('new')

t.test('a login that is lost on one host comes back from Vault', { skip: client.skip }, async t => {
  const bao = await openBao(t)
  const options = { client: client.path, config: { custody: 'sole' }, vault: { timeout: '5s' } }
  const box = await vaultBox(t, bao, { ...options, login: 'valid', via: 'proxy' })
  t.match((await box.ensure()).outcome, {
    verdict: 'ok',
    store: { kind: 'vault', state: 'current' },
  })
  const document = await bao.document(me)
  t.type(document?.data['claude_ai_oauth_json'], 'string')
  box.blank()
  const { code, stdout, stderr } = await box.launch(['-p', 'hi'])
  t.same({ code, stdout, stderr }, { code: 0, stdout: 'Hello.\n', stderr: '' })
  await box.settle()
  t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
  t.equal(box.authority.counts().reuses, 0)
})
