// A renewal killed at any of its steps: the next run is healthy, and asks again only where no answer had come.

import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Fault, faults } from '../../src/demo/faults.js'
import { cannotTrace, killPoints, runKilled } from '../kit/kill-points.js'
import { realClient } from '../kit/real-clients.js'
import { sandbox } from '../kit/sandbox.js'
import { until } from '../kit/terminal.js'
import { isUnanswered } from '../kit/unanswered.js'
import { custodies } from '../kit/wrapped.js'

/** Every call that touches a file, not only the decisive ones: some minutes. */
const exhaustive = process.env['CLAUDE_AUTH_TEST_EXHAUSTIVE'] === '1'
const newer = realClient('new')
t.jobs = 2

for (const custody of custodies) {
  const start = (t: Parameters<typeof sandbox>[0]) =>
    sandbox(t, {
      login: 'expired',
      config: { custody },
      client: newer.path,
      ...(newer.skip ? {} : { via: 'proxy' as const }),
    })
  const box = await sandbox(t, { login: 'expired', config: { custody } })
  const points = cannotTrace ? [] : await killPoints(box, exhaustive)

  t.test(`there are steps to be killed at, ${custody}`, { skip: cannotTrace }, async t => {
    t.comment(`${points.length} steps`)
    for (const file of ['answer', 'state.json', '.credentials.json', '.oauth_refresh.lock.owner'])
      t.ok(
        points.some(({ what }) => what.startsWith('rename') && what.endsWith(file)),
        file,
      )
    t.ok(points.some(({ what }) => what.endsWith('rmdir .claude/.oauth_refresh.lock')))
    t.ok(points.some(({ what }) => /^rename .*\.jwe$/.test(what)))
  })

  for (const [index, point] of points.entries())
    t.test(`killed before ${point.what}, ${custody}`, { buffered: true }, async t => {
      const box = await start(t)
      const killed = await runKilled(box, point)
      t.equal(killed.signal ?? killed.code, 'SIGKILL')
      const { authority } = box
      const posted = authority.counts().tokenRequests
      const unanswered = isUnanswered(box)
      if (custody === 'sole' && posted === 1) {
        // What the login file held is spent; its successor is nowhere to be read.
        const [current = '-'] = box.secrets('refresh').slice(-1)
        t.notOk(readFileSync(box.home.paths.loginFile, 'utf8').includes(current))
      }
      // A token that may be spent is tried again after a pause, which `--force` leaves out.
      const next = await box.ensure(unanswered ? ['--force'] : [])
      t.equal(
        box.journal().some(({ because }) => because === 'maybe-spent'),
        unanswered,
      )
      // The one moment that nothing can be done about: posted, and killed before the answer was written.
      if (unanswered && posted === 1) {
        t.match(point.call, /write/)
        return
      }
      t.equal(next.outcome?.verdict, 'ok')
      t.same(authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      t.ok(authority.accepts(box.login()?.accessToken ?? ''))
      t.notOk(existsSync(box.home.paths.answer))
      for (const lock of ['.oauth_refresh.lock', '.storage-write.lock', '../.claude.lock'])
        t.notOk(existsSync(join(box.home.paths.folder, lock)), lock)
      if (custody === 'sole') t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
      if (index % 8 !== 0 || newer.skip) return
      t.match(await box.run('claude', ['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
      t.equal(authority.counts().tokenRequests, 1)
    })

  /** Killed while the request is at the server, which does with it what `fault` says. */
  const killedInFlight = async (
    t: Parameters<typeof sandbox>[0],
    login: 'expired' | 'past-half',
    fault: Fault,
  ) => {
    const config = { custody, renewal: { at: '30%' } }
    const box = await sandbox(t, { login, config })
    // Two of its five hours have passed.
    const since = Date.now() / 1000 - 7200
    utimesSync(box.home.paths.loginFile, since, since)
    box.authority.fail('token', fault)
    let pid = 0
    const run = box.ensure([], { onStart: started => (pid = started) })
    await until(() => box.authority.counts().tokenRequests === 1)
    process.kill(-pid, 'SIGKILL')
    await run
    return box
  }

  t.test(`killed before the server acted, ${custody}`, { buffered: true }, async t => {
    const box = await killedInFlight(t, 'expired', faults.hang())
    t.match((await box.ensure()).outcome, { verdict: 'no-answer' })
    t.match((await box.ensure(['--force'])).outcome, { verdict: 'ok' })
    t.same(box.authority.counts(), { tokenRequests: 2, rotations: 1, reuses: 0 })
    t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
  })

  t.test(
    `killed with the answer on its way, still usable, ${custody}`,
    { buffered: true },
    async t => {
      const box = await killedInFlight(t, 'past-half', faults.late(3000))
      for (const _ of [1, 2]) t.match((await box.ensure()).outcome, { verdict: 'ok' })
      t.equal(box.journal().filter(({ because }) => because === 'maybe-spent').length, 1)
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
    },
  )

  // The one loss that nothing can prevent: told from the case above only by trying once more.
  t.test(`killed with the answer on its way, ended, ${custody}`, { buffered: true }, async t => {
    const box = await killedInFlight(t, 'expired', faults.late(3000))
    t.match((await box.ensure()).outcome, { verdict: 'no-answer' })
    const again = await box.ensure(['--force'])
    t.match(again.outcome, { verdict: 'sign-in', because: 'grant-refused' })
    for (const _ of [1, 2]) await box.ensure(['--force'])
    t.equal(box.authority.counts().tokenRequests, 2, 'and never again')
    box.writeLogin(box.signIn())
    t.match((await box.ensure()).outcome, { verdict: 'ok' })
  })
}
