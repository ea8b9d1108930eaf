// A home that two hosts share, where flock(2) is each host's own: the second neither takes the first one's live locks nor posts its token.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { realClient } from '../kit/real-clients.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

const apart = ['--mount', '--uts', '--pid', '--fork', '--mount-proc']
const skip =
  spawnSync('unshare', [...apart, 'true']).status === 0 ? false : 'no namespaces of our own here'
const newest = realClient('new')

/** Runs `words` on a host of its own: its machine-id, name, processes, and its own file over the gate. */
function elsewhere({ home, run }: Wrapped, words: string[], hasGate = true) {
  const [id, gate] = [join(home.path, 'other-id'), join(home.path, 'other-gate')]
  writeFileSync(id, 'b'.repeat(32))
  writeFileSync(gate, '', { mode: 0o600 })
  const lines = [
    `mount --bind ${id} /etc/machine-id`,
    ...(hasGate ? [`mount --bind ${gate} ${home.paths.gate}`] : []),
    'hostname other',
    'exec "$@"',
  ]
  return run('unshare', [...apart, 'sh', '-ec', lines.join('\n'), 'sh', ...words])
}

for (const custody of custodies)
  t.test(`${custody}: two hosts at once make one request`, { skip }, async t => {
    const box = await wrapped(t, { config: { custody } })
    await box.ensure()
    const login = box.login()
    if (login === null) throw new Error('no login')
    box.authority.expireAccess(login.accessToken)
    box.writeLogin({ ...login, expiresAt: Date.now() - 60_000 })
    box.authority.fail('token', faults.late(4000))
    const here = box.launch(['-p', 'hi'])
    while (box.authority.counts().tokenRequests === 0) await sleep(20)
    const there = elsewhere(box, [box.wrapper, '-p', 'hi'])
    for (const launched of [await here, await there])
      t.match(launched, { code: 0, stdout: 'client: -p hi\n', stderr: '' })
    await box.settle()
    t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
    t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  })

t.test('two bare clients do as well', { skip: skip || newest.skip }, async t => {
  const box = await wrapped(t, { login: 'expired', client: newest.path, via: 'proxy' })
  box.authority.fail('token', faults.late(4000))
  const here = box.run('claude', ['-p', 'hi'])
  while (box.authority.counts().tokenRequests === 0) await sleep(20)
  const there = elsewhere(box, ['claude', '-p', 'hi'], false)
  for (const launched of [await here, await there])
    t.match(launched, { code: 0, stdout: 'Hello.\n' })
  t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
})
