// `renewal.via: client`: only the official client talks to the token endpoint.

import t from 'tap'
import { realClients } from '../kit/real-clients.js'
import { wrapped } from '../kit/wrapped.js'

t.jobs = 2
const minuteMs = 60_000

for (const client of realClients()) {
  const refreshes = client.version !== '2.1.197'
  const title = `${client.version} ${refreshes ? 'renews' : 'does not renew'} when asked for its status`
  t.test(title, { skip: client.skip, buffered: true }, async t => {
    const config = { renewal: { via: 'client' } }
    const box = await wrapped(t, { login: 'none', client: client.path, via: 'proxy', config })
    box.writeLogin(box.signIn(6 * minuteMs))
    t.match((await box.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })
    t.equal(box.authority.counts().tokenRequests, 0, 'not before its time')

    const login = box.signIn(3 * minuteMs)
    box.writeLogin(login)
    const { outcome } = await box.ensure()
    await box.settle()
    t.same(box.tokenRequests().ours, [])
    t.equal(box.authority.counts().reuses, 0)
    const said = JSON.stringify(box.journal())
    if (refreshes) {
      t.match(outcome, { verdict: 'ok', because: 'fresh', store: { state: 'current' } })
      t.equal(box.tokenRequests().theirs.length, 1)
      t.not(box.login()?.accessToken, login.accessToken)
      t.match(said, 'by the client')
    } else {
      t.match(outcome, { verdict: 'attention', because: 'fresh' })
      const { stdout } = await box.command(['ensure'])
      t.match(stdout, 'did not renew the login when asked')
      t.equal(box.login()?.accessToken, login.accessToken)
      t.match(said, 'the client did not renew the login')
    }
    t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
    await box.settle()
    t.same(box.tokenRequests().ours, [])
    t.match((await box.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })
  })
}
