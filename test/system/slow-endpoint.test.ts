// A token endpoint that answers late: the launch goes on in time, and the login is saved all the same.

import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { realClients } from '../kit/real-clients.js'
import { custodies, wrapped } from '../kit/wrapped.js'

t.jobs = 2

for (const custody of custodies)
  for (const client of realClients())
    t.test(`${client.version}, ${custody}`, { skip: client.skip, buffered: true }, async t => {
      const box = await wrapped(t, {
        login: 'expired',
        client: client.path,
        via: 'proxy',
        config: { custody, renewal: { launchWait: '2s' } },
      })
      // A client waits some seconds for a lock; the other case is to last longer than a busy machine takes.
      box.authority.fail('token', faults.late(custody === 'shared' ? 5000 : 15_000))
      const { code, stdout, stderr } = await box.launch(['-p', 'hi'])
      // In shared custody the client meets the lock of the renewal that goes on, and waits for it; in
      // sole custody it has nothing to wait for: it started in time, with a token that has ended.
      if (custody === 'shared') t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
      else t.match({ code, stdout }, { code: 1, stdout: /401/ })
      t.equal(box.tokenRequests().theirs.length, 0)
      t.match(stderr, /^claude-auth: [^\n]+\n$/)
      await box.settle()
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      t.equal(box.tokenRequests().ours.length, 1)
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
      t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
    })
