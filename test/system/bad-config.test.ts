// A configuration that can't be used, the modes, and a clock that is far off: what is said, and that Claude starts.

import { chmodSync, readFileSync } from 'node:fs'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { custodies, wrapped } from '../kit/wrapped.js'

const hourMs = 3_600_000
t.jobs = 2

const bad: Record<string, { text: string; mode?: number; says: RegExp }> = {
  'an unknown key': {
    text: 'version: 1\n\nrenewals: {at: 50%}\n',
    says: /config\.yaml:3.*renewals.*(\n|.)*expected|config\.yaml:3.*unknown/,
  },
  'a wrong type': { text: 'version: 1\nmode: maybe\n', says: /config\.yaml:2.*expected/ },
  'no YAML': { text: 'version: 1\nmode: [on\n', says: /config\.yaml:\d/ },
  'writable by others': { text: 'version: 1\n', mode: 0o666, says: /config\.yaml.*\n.*chmod/ },
}

for (const [name, { text, mode, says }] of Object.entries(bad))
  t.test(`${name}: commands end with 2, a launch with one line`, { buffered: true }, async t => {
    const box = await wrapped(t, { login: 'expired' })
    box.home.write(box.home.configFile, text)
    if (mode !== undefined) chmodSync(box.home.configFile, mode)
    const command = await box.ensure()
    t.equal(command.code, 2)
    t.match(command.stderr, says)
    t.comment(command.stderr)
    for (const _ of [1, 2]) {
      const launched = await box.launch(['-p', 'hi'])
      t.match(launched, { code: 0, stdout: 'client: -p hi\n' })
      t.match(launched.stderr, /^claude-auth: [^\n]+ Type: (vi \+\d+|chmod go-w) [^\n]+\n$/)
    }
    t.equal(box.authority.counts().tokenRequests, 0)
  })

for (const custody of custodies)
  t.test(
    `an admin's section that is wrong stops that admin's commands and no renewal, ${custody}`,
    { buffered: true },
    async t => {
      const box = await wrapped(t, { login: 'expired', config: { custody } })
      const endpoints = { oauth: box.authority.url, api: box.authority.url }
      box.writeConfig({
        version: 1,
        custody,
        endpoints,
        fleet: { silentAfter: 'soon' },
        changes: [{ repositry: '/srv/infra.git' }],
      })
      const launched = await box.launch(['-p', 'hi'])
      t.match(launched, { code: 0, stdout: 'client: -p hi\n', stderr: '' })
      await box.settle()
      t.equal(box.authority.counts().rotations, 1)
      const { code, stderr } = await box.command(['fleet'])
      t.match({ code, stderr }, { code: 2, stderr: /fleet\.silentAfter.*expected/ })
      const doctor = await box.command(['doctor', '--only', 'config'])
      t.match(doctor, { code: 4, stdout: /warn config .*fleet\.silentAfter/s })
    },
  )

for (const custody of custodies)
  for (const mode of ['off', 'observe'])
    t.test(`mode ${mode} changes nothing, ${custody}`, { buffered: true }, async t => {
      const box = await wrapped(t, { login: 'expired', config: { custody } })
      const endpoints = { oauth: box.authority.url, api: box.authority.url }
      box.writeConfig({ version: 1, custody, mode, endpoints })
      const before = readFileSync(box.home.paths.loginFile, 'utf8')
      for (const round of [1, 2]) {
        const { code, stdout, stderr } = await box.launch(['x'])
        const says = mode === 'observe' && round === 1
        t.match(stderr, says ? /^claude-auth: Only observing\. It would [^\n]+\n$/ : /^$/)
        t.same({ code, stdout }, { code: 0, stdout: 'client: x\n' })
        t.comment(stderr)
        t.ok(stderr.split('\n').length <= 2)
      }
      await box.settle()
      t.match((await box.ensure()).outcome, { verdict: 'ok', because: mode })
      t.equal(readFileSync(box.home.paths.loginFile, 'utf8'), before)
      t.same(box.authority.requests, [])
      t.same(
        box.journal().map(({ did, because }) => `${did} ${because}`),
        mode === 'observe'
          ? [custody === 'sole' ? 'observe back-up:store-behind' : 'observe renew:expired']
          : [],
      )
    })

for (const custody of custodies)
  t.test(
    `a clock an hour off is said once, and not looped over, ${custody}`,
    { buffered: true },
    async t => {
      const box = await wrapped(t, { login: 'valid', config: { custody } })
      for (const endpoint of ['token', 'profile'] as const)
        box.authority.fail(endpoint, faults.clock(hourMs), 100)
      const first = await box.launch(['x'])
      await box.settle()
      const { outcome, stderr } = await box.ensure(['--force'])
      t.equal(outcome?.verdict, 'attention')
      const later = await box.launch(['x'])
      await box.settle()
      t.comment(JSON.stringify([first.stderr, stderr, later.stderr]))
      const said = `${first.stderr}${later.stderr}`.match(/clock/g) ?? []
      t.equal(said.length, 1)
      t.equal(box.authority.counts().tokenRequests, 0)
      t.ok(box.authority.requests.length <= 3, 'a few questions')
      t.match(later, { code: 0, stdout: 'client: x\n' })
    },
  )
