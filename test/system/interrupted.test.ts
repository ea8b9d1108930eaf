// Ctrl-C, Ctrl-Z and a closed terminal while a slow renewal is under way: nothing of it is lost.

import { dirname, join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { realClient } from '../kit/real-clients.js'
import { type Terminal, terminal, until } from '../kit/terminal.js'
import { custodies, wrapped } from '../kit/wrapped.js'

const newer = realClient('new')
t.jobs = 2

/** What is done to the launch once the request is at the server, up to the end of that terminal. */
const doings: Record<string, (screen: Terminal) => Promise<void>> = {
  'Ctrl-C': async screen => {
    screen.type('\x03')
    await until(() => /\^C\s+\$ /.test(screen.shown()))
    screen.type('echo "en""ded"\n')
    await until(() => screen.shown().includes('ended'))
    screen.close()
  },
  'Ctrl-Z and fg': async screen => {
    screen.type('\x1a')
    await until(() => screen.shown().includes('Stopped'))
    screen.type('fg\n')
    await until(() => screen.shown().includes('Hello.'))
    screen.close()
  },
  'a closed terminal': async screen => screen.close(),
}

for (const custody of custodies)
  for (const bootedBy of ['systemd', 'bash'])
    for (const [name, act] of Object.entries(doings))
      t.test(
        `${name}, ${custody}, first process ${bootedBy}`,
        { skip: newer.skip, buffered: true },
        async t => {
          const box = await wrapped(t, {
            login: 'expired',
            client: newer.path,
            via: 'proxy',
            config: { custody },
            bootedBy,
          })
          box.authority.fail('token', faults.late(1500))
          const screen = terminal(box)
          screen.type(`${box.wrapper} -p hi\n`)
          await until(() => box.tokenRequests().ours.length === 1)
          await act(screen)
          await screen.end
          await box.settle()
          t.notMatch(screen.shown(), 'claude-auth:')
          t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
          t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
          const next = await box.launch(['-p', 'hi'])
          t.match(next, { code: 0, stdout: 'Hello.\n', stderr: '' })
          t.equal((await box.ensure()).outcome?.verdict, 'ok')
          t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
          if (custody === 'sole') t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
        },
      )

for (const custody of custodies)
  t.test(`a terminal that closes on a typed ensure, ${custody}`, { buffered: true }, async t => {
    const box = await wrapped(t, { login: 'expired', via: 'loopback', config: { custody } })
    // Longer than the word of patience takes, which finds no terminal any more.
    box.authority.fail('token', faults.late(2000))
    const screen = terminal(box)
    screen.type(`${join(dirname(box.wrapper), 'claude-auth')} ensure\n`)
    await until(() => box.tokenRequests().ours.length === 1)
    screen.close()
    await screen.end
    await until(() => box.authority.accepts(box.login()?.accessToken ?? '') !== null)
    t.equal((await box.ensure()).outcome?.verdict, 'ok')
    t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  })
