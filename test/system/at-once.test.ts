// Many launches at the same moment on an ended login: one request, and nobody notices.

import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { realClient } from '../kit/real-clients.js'
import { custodies, wrapped } from '../kit/wrapped.js'

const [newer, older] = [realClient('new'), realClient('old')]
const skip = newer.skip || older.skip

for (const custody of custodies) {
  for (const bootedBy of ['systemd', 'bash'])
    t.test(`30 launches, ${custody}, first process ${bootedBy}`, { skip }, async t => {
      const box = await wrapped(t, {
        login: 'expired',
        // In a container that ends with the client the waiting is another; a script shows it as well.
        client: bootedBy === 'bash' ? '#!/bin/sh\necho Hello.\n' : newer.path,
        via: 'proxy',
        config: { custody },
        bootedBy,
      })
      const all = await Promise.all(Array.from({ length: 30 }, () => box.launch(['-p', 'hi'])))
      const silent = { code: 0, stdout: 'Hello.\n', stderr: '' }
      t.same(
        all.map(({ code, stdout, stderr }) => ({ code, stdout, stderr })),
        all.map(() => silent),
      )
      await box.settle()
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      t.equal(box.tokenRequests().ours.length, 1)
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
      t.same(
        box.journal().map(({ did }) => did),
        custody === 'sole' ? ['back-up', 'take-custody', 'renew'] : ['renew', 'back-up'],
      )
    })

  t.test(`launches among bare clients of both versions, ${custody}`, { skip }, async t => {
    const box = await wrapped(t, {
      login: 'expired',
      client: newer.path,
      via: 'proxy',
      config: { custody },
    })
    // Long enough for the bare clients to meet the renewal.
    box.authority.fail('token', faults.late(1500))
    const bare = (path: string) => box.run(path, ['-p', 'hi'])
    const starts = Array.from({ length: 3 }, () => [
      box.launch(['-p', 'hi']),
      bare(newer.path),
      box.launch(['-p', 'hi']),
      bare(older.path),
      box.launch(['-p', 'hi']),
    ])
    const all = await Promise.all(starts.flat())
    await box.settle()
    t.same(
      all.map(({ code, stdout }) => ({ code, stdout })),
      all.map(() => ({ code: 0, stdout: 'Hello.\n' })),
    )
    t.ok(all.every(({ stderr }) => !stderr.includes('claude-auth:')))
    const { ours, theirs } = box.tokenRequests()
    t.comment(`token requests: ours ${ours.length}, theirs ${theirs.length}`)
    t.same(box.ourReuses(), [])
    t.equal(box.authority.counts().reuses, 0)
    t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
    await box.settle()
    t.match((await box.ensure()).outcome, { verdict: 'ok' })
    t.same(box.ourReuses(), [])
  })
}
