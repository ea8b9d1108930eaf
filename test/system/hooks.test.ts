// The hooks with real clients that never met the wrapper: healed at the session's start, and the same process goes on.

import { rmSync } from 'node:fs'
import t from 'tap'
import { type Hooked, hooked } from '../kit/hooked.js'
import { realClients } from '../kit/real-clients.js'
import { custodies } from '../kit/wrapped.js'

t.jobs = 2

/** What happens to a login that is good, stored, and known by the marks. */
const misfortunes: Record<string, (box: Hooked) => void> = {
  blanked: box => box.blank(),
  missing: box => rmSync(box.home.paths.loginFile),
  'with a torn file': box => box.writeLogin('{"claudeAiOauth":{"acc'),
  expired: box => {
    const login = box.login()
    if (!login) throw new Error('no login')
    box.authority.expireAccess(login.accessToken)
    box.writeLogin({ ...login, expiresAt: Date.now() - 60_000 })
  },
  'replaced by a dead one': box => {
    const dead = box.signIn(-60_000)
    box.writeLogin(dead)
    box.authority.endFamily(dead.accessToken)
  },
}

for (const client of realClients())
  for (const custody of custodies)
    t.test(`${client.version}, ${custody}`, { skip: client.skip, buffered: true }, async t => {
      t.setTimeout(600_000)
      for (const [name, befall] of Object.entries(misfortunes))
        await t.test(name, async t => {
          const box = await hooked(t, { client: client.path, via: 'proxy', config: { custody } })
          t.match((await box.ensure()).outcome, { verdict: 'ok', custody })
          befall(box)
          const { code, stdout, stderr } = await box.run('claude', ['-p', 'hi'])
          t.comment(stdout, stderr, box.nodeStarts())
          t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
          await box.settle()
          t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'a live login in the file')
          t.equal(box.authority.counts().reuses, 0)
        })
    })
