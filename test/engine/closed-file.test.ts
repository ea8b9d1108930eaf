// Rights are not content: what may not be read may be the successor, so nothing older takes its place.

import { chownSync, lstatSync, readFileSync } from 'node:fs'
import t from 'tap'
import { custodies, engine, hourMs } from '../kit/engine.js'

const asRoot = { skip: process.geteuid?.() === 0 ? false : 'only root can give a file away' }
const theirs = 12_345

for (const custody of custodies) {
  t.test(
    `${custody}: a login file renewed as somebody else is left alone until it is given back`,
    asRoot,
    async t => {
      const at = await engine(t, { config: { custody: 'shared' } })
      await at.ensure()
      if (custody === 'sole') {
        at.configure({ custody })
        await at.ensure()
      }
      at.pass(9 * hourMs)
      // As `sudo -E claude` does: it renews, and the file is another's.
      const parent = (await at.stored())?.refreshToken ?? at.login()?.refreshToken ?? ''
      const renewed = await fetch(`${at.authority.url}/v1/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: 'refresh_token',
          refresh_token: parent,
          client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
          scope: 'user:profile',
        }),
      })
      const { access_token, refresh_token } = (await renewed.json()) as Record<string, string>
      const before = at.login()
      at.writeLogin({
        ...before,
        accessToken: access_token,
        refreshToken: refresh_token,
        expiresAt: at.clock.ms + 8 * hourMs,
      } as never)
      const { loginFile } = at.home.paths
      chownSync(loginFile, theirs, theirs)
      const text = readFileSync(loginFile, 'utf8')
      for (const forced of [false, true])
        t.match(await at.ensure({ forced }), {
          verdict: 'broken',
          because: 'own-trouble',
          did: [],
          alert: 'off',
        })
      t.equal(readFileSync(loginFile, 'utf8'), text)
      t.equal(lstatSync(loginFile).uid, theirs)
      t.equal(at.memory().signInNeeded, null)
      chownSync(loginFile, 0, 0)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.ok(at.authority.accepts(at.login()?.accessToken ?? ''))
      t.equal(at.authority.counts().reuses, 0)
    },
  )
}
