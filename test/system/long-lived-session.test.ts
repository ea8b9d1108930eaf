// A session of each real client that began with the login goes on with the long-lived token, and with the login again.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { realClients } from '../kit/real-clients.js'
import { startSession } from '../kit/session.js'
import { until } from '../kit/terminal.js'
import { custodies, wrapped } from '../kit/wrapped.js'

t.jobs = 2

for (const client of realClients())
  for (const custody of custodies)
    t.test(`${client.version}, ${custody}`, { skip: client.skip, buffered: true }, async t => {
      const box = await wrapped(t, { login: 'valid', client: client.path, via: 'proxy' })
      const { authority } = box
      box.writeConfig({ version: 1, custody })
      const session = startSession(box, box.wrapper)
      t.equal(await session.ask('with the login'), 'Hello.')
      await until(() => (box.login()?.refreshToken === null) === (custody === 'sole'))
      await box.ensure()
      const first = box.login()?.accessToken ?? ''

      const { accessToken: token } = authority.mintLongLived(box.user)
      t.match(await box.command(['login', '--long-lived'], { input: token }), { code: 0 })
      t.equal(box.login()?.accessToken, first, 'not in use yet')
      box.writeConfig({ version: 1, custody, credential: 'long-lived' })
      t.match((await box.ensure()).outcome, { verdict: 'ok', credential: 'long-lived' })
      t.equal(box.login()?.accessToken, token)
      authority.revokeAccess(first)
      t.equal(await session.ask('with the long-lived token'), 'Hello.')
      await sleep(1000)
      t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
      t.equal(box.login()?.accessToken, token, 'left alone by the client')

      box.writeConfig({ version: 1, custody })
      t.match((await box.ensure()).outcome, { verdict: 'ok', credential: 'login' })
      t.not(box.login()?.accessToken, token)
      authority.endFamily(token)
      t.equal(await session.ask('with the login again'), 'Hello.')
      t.equal(await session.end(), 0)
      await box.settle()
      t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
      await box.settle()
      t.same(box.tokenRequests().theirs, [], 'no client asked the token endpoint')
      t.equal(authority.counts().reuses, 0)
    })
