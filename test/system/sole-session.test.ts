// Sole custody through one long session of each real client: renewals, a revocation, and what others put into the file.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { realClients } from '../kit/real-clients.js'
import { startSession } from '../kit/session.js'
import { localStoreOf } from '../kit/store-of.js'
import { until } from '../kit/terminal.js'
import { wrapped } from '../kit/wrapped.js'

t.jobs = 2

for (const client of realClients())
  t.test(`a session of ${client.version}`, { skip: client.skip, buffered: true }, async t => {
    const config = { custody: 'sole', renewal: { at: '5%' } }
    const box = await wrapped(t, {
      login: 'valid',
      client: client.path,
      via: 'proxy',
      config,
      authority: { accessLifeMs: 100_000 },
    })
    const { authority } = box
    const firstFile = readFileSync(box.home.paths.loginFile, 'utf8')
    const first = box.login()
    const stored = async () => {
      const read = await localStoreOf(box).read()
      return read.kind === 'current' ? (read.stored.login?.refreshToken ?? null) : null
    }
    /** What has to be so at any time. */
    const held = async (what: string) => {
      t.equal(box.login()?.refreshToken, null, `${what}: no refresh token in the file`)
      t.same(await box.grepSecrets(box.home.path, 'refresh'), [], `${what}: nor anywhere else`)
      t.same(box.tokenRequests().theirs, [], `${what}: no client at the token endpoint`)
      t.equal(authority.counts().reuses, 0, what)
    }

    const session = startSession(box, box.wrapper)
    t.equal(await session.ask('hi'), 'Hello.')
    await until(() => box.login()?.refreshToken === null)
    await held('taken into custody')

    authority.revokeAccess(first?.accessToken ?? '')
    const asking = session.ask('while it is revoked')
    await sleep(1000)
    const { outcome } = await box.ensure(['--force'])
    t.equal(outcome?.verdict, 'ok')
    t.ok(outcome?.did.includes('renew'))
    // The client asks again some times; on a busy machine the renewal may come after the last of them.
    t.match(await asking, /Hello\.|401/)
    t.equal(await session.ask('and again'), 'Hello.')
    await held('revoked in mid-session')

    for (const turn of [1, 2, 3]) {
      await sleep(5500)
      const before = box.login()?.accessToken ?? ''
      t.match((await box.ensure()).outcome, { verdict: 'ok' })
      t.not(box.login()?.accessToken, before)
      authority.expireAccess(before)
      t.equal(await session.ask(`after renewal ${turn}`), 'Hello.')
      await held(`renewal ${turn}`)
    }
    t.equal(authority.counts().rotations, 4)

    const signIn = box.signIn()
    box.writeLogin(signIn)
    t.equal(await session.ask('after a sign-in elsewhere'), 'Hello.')
    t.match((await box.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })
    t.equal(await stored(), signIn.refreshToken)
    await held('a sign-in by another tool')

    box.writeLogin(firstFile)
    t.match((await box.ensure()).outcome, { verdict: 'ok' })
    t.equal(box.login()?.accessToken, signIn.accessToken)
    t.equal(await session.ask('after an old backup was put back'), 'Hello.')
    await held('an old backup put back')

    box.writeConfig({ version: 1, ...config, custody: 'shared' })
    t.match((await box.ensure()).outcome, { verdict: 'ok', custody: 'shared' })
    t.equal(box.login()?.refreshToken, signIn.refreshToken, 'handed back')
    t.equal(await session.ask('after it was handed back'), 'Hello.')

    box.writeConfig({ version: 1, ...config })
    t.match((await box.ensure()).outcome, { verdict: 'ok', custody: 'sole' })
    t.equal(await session.ask('after it was taken again'), 'Hello.')
    t.equal(await stored(), signIn.refreshToken)
    await held('taken again')
    t.equal(await session.end(), 0)
    t.match(
      box
        .journal()
        .map(({ did }) => did)
        .join(' '),
      /take-custody .*hand-back .*take-custody/,
    )
  })
