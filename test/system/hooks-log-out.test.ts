// A log-out typed into the client's own session is respected: marked, told to the store, not mended, not alerted.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { hooked } from '../kit/hooked.js'
import { realClients } from '../kit/real-clients.js'
import { terminal, until } from '../kit/terminal.js'
import { custodies } from '../kit/wrapped.js'

t.setTimeout(900_000)

for (const client of realClients())
  for (const custody of custodies)
    t.test(`/logout, ${client.version}, ${custody}`, { skip: client.skip }, async t => {
      t.setTimeout(300_000)
      const box = await hooked(t, { client: client.path, via: 'proxy' })
      box.home.write(join(box.home.path, 'hook'), `${box.authority.url}/services/T0/B0/made-up\n`)
      const alerts = { slack: { webhookFile: join(box.home.path, 'hook') } }
      box.writeConfig({ version: 1, custody, alerts })
      t.match((await box.ensure()).outcome, { verdict: 'ok', custody })

      const shell = terminal(box)
      t.teardown(() => shell.close())
      await until(() => shell.shown().includes('$ '), 60_000)
      shell.type('stty rows 40 cols 120; claude\r')
      await until(() => shell.shown().includes('❯'), 60_000)
      // The client is ready for keys somewhat later than it looks; typed twice, it is a prompt like any other.
      await sleep(3000)
      shell.type('/logout')
      await sleep(2000)
      shell.type('\r')
      await until(() => existsSync(box.home.paths.signedOut), 60_000)
      await box.quiet()
      const isNoted = () => box.journal().some(({ did }) => did === 'sign-out')
      await until(isNoted, 60_000)
      t.equal(box.login(), null)

      const { code, stdout } = await box.run('claude', ['-p', 'hi'])
      t.equal(code, 1)
      t.match(stdout, 'Not logged in')
      await box.quiet()
      t.equal(box.login(), null, 'not restored')
      t.same(box.authority.slackMessages, [])
    })
