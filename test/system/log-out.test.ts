// Logging out, in each way there is: nothing comes back, nobody is alarmed, and a sign-in heals.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { realClients } from '../kit/real-clients.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

t.jobs = 2

/** The client's log-out clears its account too; 2.1.330 and 2.1.197 do it in the command. */
function clearAccount(box: Wrapped) {
  const file = box.home.paths.clientConfig
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  delete config['oauthAccount']
  box.home.write(file, JSON.stringify(config))
}

function hasAccount(box: Wrapped): boolean {
  const config = JSON.parse(readFileSync(box.home.paths.clientConfig, 'utf8'))
  return config.oauthAccount !== undefined
}

const ways: Record<string, (box: Wrapped) => Promise<unknown>> = {
  'through the wrapper': box => box.launch(['auth', 'logout']),
  // Now and then client 2.1.330 writes its account back while it logs out, which nobody can tell from a
  // lost file; a second log-out finds no login to ask about.
  'by the bare client': async box => {
    for (let turn = 0; turn < 5 && hasAccount(box); turn++)
      await box.run('claude', ['auth', 'logout'])
  },
  'file and account vanish': async box => {
    box.writeLogin(null)
    clearAccount(box)
  },
}

for (const custody of custodies)
  for (const client of realClients())
    for (const [name, logOut] of Object.entries(ways)) {
      const title = `${name}, ${client.version}, ${custody}`
      t.test(title, { skip: client.skip, buffered: true }, async t => {
        const box = await wrapped(t, { login: 'valid', client: client.path, via: 'proxy' })
        const hook = join(box.home.path, 'hook')
        box.home.write(hook, `${box.authority.url}/services/T/B/x`)
        const alerts = { slack: { webhookFile: hook } }
        box.writeConfig({ version: 1, custody, alerts })
        const login = box.login()
        t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
        await box.settle()
        t.match((await box.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })

        await logOut(box)
        await box.settle()
        for (const _ of [1, 2]) {
          const next = await box.launch(['-p', 'hi'])
          t.match(next.stdout, /Not logged in/)
          t.match(next.stderr, /^claude-auth: You signed out on [^\n]+\n(claude-auth: [^\n]+\n)+$/)
          await box.settle()
        }
        t.match((await box.ensure(['--force'])).outcome, {
          verdict: 'sign-in',
          because: 'signed-out',
        })
        t.ok(box.login() === null, 'the login is gone')
        t.equal(box.authority.slackMessages.length, 0)
        t.equal(box.authority.accepts(login?.accessToken ?? ''), null)
        t.equal(box.authority.counts().tokenRequests, 0)
        const revoked = box.authority.requests.filter(({ endpoint }) => endpoint === 'revoke')
        t.ok(revoked.length > 0)
        // The family has ended: its refresh token is refused, wherever a copy of it may be.
        t.same(await box.grepSecrets(box.home.path, 'refresh'), [])

        box.writeLogin(box.signIn())
        const healed = await box.launch(['-p', 'hi'])
        t.match(healed, { code: 0, stdout: 'Hello.\n', stderr: '' })
        await box.settle()
        t.match((await box.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })
        t.equal(box.authority.slackMessages.length, 0)
      })
    }
