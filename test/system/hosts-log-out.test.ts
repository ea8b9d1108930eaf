// A log-out through the wrapper on one host, with a real client: the other host is signed out, and healed by the next sign-in.

import { join } from 'node:path'
import t from 'tap'
import { accessToken, boxes, type Host } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { realClients } from '../kit/real-clients.js'
import { vaultConfig } from '../kit/vault-box.js'
import { custodies } from '../kit/wrapped.js'

t.jobs = 2
for (const [index, client] of realClients().entries()) {
  const custody = custodies[index % 2]
  t.test(`${client.version}, ${custody}`, { skip: client.skip, buffered: true }, async t => {
    const bao = await openBao(t)
    const options = { client: client.path, via: 'proxy' as const, config: { custody } }
    const [one, two] = (await boxes(t, bao, 2, options)) as [Host, Host]
    for (const host of [one, two]) {
      const hook = join(host.home.path, 'hook')
      host.home.write(hook, `${host.authority.url}/services/T/B/x`)
      const alerts = { slack: { webhookFile: hook } }
      const store = { store: 'vault', vault: vaultConfig(bao) }
      host.writeConfig({ version: 1, custody, ...store, alerts })
    }
    two.writeLogin(JSON.stringify({ mcpOAuth: { 'a|b': { x: 1 } }, claudeAiOauth: two.login() }))
    t.match(await two.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
    await two.settle()

    t.match(await one.launch(['auth', 'logout']), { code: 0 })
    await one.settle()
    t.match((await one.ensure()).outcome, { verdict: 'sign-in', because: 'signed-out' })
    t.match((await two.ensure(['--force'])).outcome, { verdict: 'sign-in', because: 'signed-out' })
    t.equal(two.login(), null)
    const next = await two.launch(['-p', 'hi'])
    t.match(next.stdout, /Not logged in/)
    t.match(next.stderr, /claude-auth: You signed out[^\n]*\n[\s\S]*claude-auth login/)
    await two.settle()

    one.writeLogin(one.signIn())
    t.match(await one.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
    await one.settle()
    t.match((await one.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })
    t.match(await two.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
    await two.settle()
    t.equal(accessToken(two), accessToken(one))
    t.match((await two.run('cat', [two.home.paths.loginFile])).stdout, '"mcpOAuth":{"a|b":{"x":1}}')
    t.same(one.authority.slackMessages, [])
    t.equal(one.authority.counts().tokenRequests, 0)
  })
}
