// A launch that has spent its time at the gate and must then ask itself: it leaves no request on its way where all ends with it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { custodies, wrapped } from '../kit/wrapped.js'

t.jobs = 2

for (const custody of custodies)
  t.test(`in a container, ${custody}`, { buffered: true }, async t => {
    const box = await wrapped(t, { login: 'expired', bootedBy: 'bash' })
    const endpoints = { oauth: box.authority.url, api: box.authority.url }
    box.writeConfig({ version: 1, custody, endpoints, renewal: { launchWait: '3s' } })
    box.authority.fail('token', faults.late(6_000))
    mkdirSync(box.home.paths.state, { recursive: true, mode: 0o700 })
    const gate = join(box.home.paths.state, 'gate')
    const holder = spawn('flock', ['-x', gate, 'sh', '-c', 'echo held; exec sleep 2.5'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(holder.stdout, 'data')
    const { code, stderr } = await box.launch(['-p', 'hi'])
    t.equal(code, 0)
    t.match(stderr, /^claude-auth: No answer from the login server yet[^\n]*\n$/)
    t.match(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
    t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'what the answer brought is saved')
    await box.settle()
  })
