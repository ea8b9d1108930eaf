// Recovering: what a killed run had received is installed without a request, once, and over nobody's fresh sign-in.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { requestRefresh } from '../../src/anthropic/login-server.js'
import { recover } from '../../src/engine/recover.js'
import { plainSealer } from '../../src/engine/renew.js'
import { beginAnswer, saveAnswer } from '../../src/login/answer.js'
import { tokenHash } from '../../src/login/login.js'
import { writeMemory } from '../../src/login/memory.js'
import { custodies, type Engine, engine, hourMs, minuteMs } from '../kit/engine.js'
import { secretsInFolder } from '../kit/secrets.js'

/** What a run leaves behind that is killed right after the answer (or, `sent`, right before it). */
async function killed(
  at: Engine,
  left: 'answered' | 'sent' | 'header' = 'answered',
): Promise<string> {
  const run = await at.run()
  const sole = run.config.custody === 'sole'
  const refreshToken = (await at.stored())?.refreshToken ?? ''
  const scopes = at.login()?.scopes ?? null
  const header = { parentHash: tokenHash(refreshToken), sentAtMs: at.clock.ms, sealed: sole }
  const sealer = sole ? await run.sealer() : plainSealer
  beginAnswer(run.paths.answer, header, 'n')
  if (left === 'header') return refreshToken
  const outcome = await requestRefresh(run.network, at.authority.url, refreshToken, scopes)
  if (outcome.kind !== 'reply') throw new Error(outcome.kind)
  if (left === 'answered')
    await saveAnswer(run.paths.answer, outcome, sealer, { header, nonce: 'n' })
  return refreshToken
}

for (const custody of custodies)
  t.test(`${custody} custody`, async t => {
    /** A login that is held and backed up, and then due. */
    const start = async (t: Parameters<typeof engine>[0]) => {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      at.pass(5 * hourMs)
      return at
    }
    const isHealthy = (at: Engine) => at.authority.accepts(at.login()?.accessToken ?? '') !== null

    await t.test('only an answer that had arrived counts as a renewal', async t => {
      const at = await start(t)
      t.equal(await recover(await at.run()), false, 'nothing was left behind')
      await killed(at, 'sent')
      t.equal(await recover(await at.run()), false, 'no answer came')
      const other = await start(t)
      await killed(other)
      t.equal(await recover(await other.run()), true)
      t.equal(await recover(await other.run()), false, 'once')
    })

    await t.test('an answer that had arrived is installed without a request', async t => {
      const at = await start(t)
      const parent = await killed(at)
      const requests = at.asked('token')
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.asked('token'), requests)
      t.ok(isHealthy(at))
      t.equal(at.login()?.subscriptionType, 'enterprise')
      t.ok(at.memory().spent.includes(tokenHash(parent)))
      t.notOk(existsSync(at.home.paths.answer))
      t.equal((await at.stored())?.accessToken, at.login()?.accessToken)
      at.pass(9 * hourMs)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' }, 'and can be renewed later')
      t.equal(at.authority.counts().reuses, 0)
    })

    await t.test('an answer is as secret as the login', async t => {
      const at = await start(t)
      await killed(at)
      const found = await secretsInFolder(at.home.paths.state, at.refreshTokens())
      t.equal(found.length > 0, custody === 'shared')
    })

    await t.test(
      'killed again after the login was saved: nothing is lost by doing it twice',
      async t => {
        const at = await start(t)
        await killed(at)
        const memory = at.memory()
        const run = await at.run()
        const { answer } = run.paths
        const kept = readFileSync(answer)
        await at.ensure()
        const saved = at.login()
        writeFileSync(answer, kept)
        writeMemory(run.paths.stateFile, memory, 'n')
        t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
        t.same(at.login(), saved)
        t.equal((await at.stored())?.accessToken, saved?.accessToken)
        at.pass(9 * hourMs)
        t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
        t.equal(at.authority.counts().reuses, 0)
      },
    )

    await t.test('the login was blanked meanwhile: it comes back', async t => {
      const at = await start(t)
      await killed(at)
      at.blank()
      const requests = at.asked('token')
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.asked('token'), requests)
      t.ok(isHealthy(at))
    })

    await t.test('somebody signed in meanwhile: their login stays', async t => {
      const at = await start(t)
      await killed(at)
      const fresh = at.signIn()
      at.writeLogin(fresh)
      const successor = at.refreshTokens().at(-2) ?? ''
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.login()?.accessToken, fresh.accessToken)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal((await at.stored())?.refreshToken, fresh.refreshToken)
      if (custody === 'sole') return
      const aside = join(at.home.paths.state, 'aside', `${tokenHash(successor).slice(0, 8)}.jwe`)
      const { open } = await (await at.run()).sealer()
      t.match((await open(readFileSync(aside)))?.toString(), successor, 'the successor is kept')
    })

    await t.test(
      'somebody logged out meanwhile: the successor is ended, not installed',
      async t => {
        const at = await start(t)
        await killed(at)
        at.home.write(at.home.paths.signedOut, '')
        at.writeLogin(null)
        t.match(await at.ensure(), { verdict: 'sign-in', because: 'signed-out' })
        t.equal(at.login(), null)
        t.ok(at.asked('revoke') >= 1)
        const newest = at.refreshTokens().at(-1) ?? ''
        const { network } = await at.run()
        const outcome = await requestRefresh(network, at.authority.url, newest, null)
        t.match(outcome, { status: 400 })
      },
    )

    await t.test(
      'a log-out meanwhile of which nothing can be kept for later is told once',
      async t => {
        // In sole custody the answer itself is sealed.
        if (custody === 'sole') return
        for (const config of [{ local: { keyFile: '/nowhere/key' } }, { store: 'none' }]) {
          const at = await start(t)
          await killed(at)
          at.home.write(at.home.paths.signedOut, '')
          at.writeLogin(null)
          at.configure(config)
          at.authority.fail('revoke', { instead: 'drop' }, 20)
          t.match(await at.ensure(), { verdict: 'sign-in', because: 'signed-out' })
          t.notOk(existsSync(at.home.paths.answer), 'the answer is erased')
          t.match(
            readFileSync(at.home.paths.journal, 'utf8'),
            /"because":"signed-out".*"detail":"the server gave no answer; the login ends by itself"/,
          )
          const asked = at.asked('revoke')
          t.match(await at.ensure(), { verdict: 'sign-in', because: 'signed-out' })
          t.equal(at.asked('revoke'), asked)
        }
      },
    )

    await t.test('killed before the answer: the token may be spent, and is tried late', async t => {
      const at = await start(t)
      await killed(at, 'header')
      const requests = at.asked('token')
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.asked('token'), requests, 'not while the login works')
      t.match(at.memory().maybeSpent, [{ tries: 1 }])
      at.pass(3 * hourMs - 9 * minuteMs)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal(at.asked('token'), requests + 1)
    })

    await t.test('the answer was lost for good: one more try, then a person is called', async t => {
      const at = await start(t)
      await killed(at, 'sent')
      at.pass(4 * hourMs)
      t.match(await at.ensure(), { verdict: 'no-answer' })
      at.pass(2_000)
      t.match(await at.ensure(), { verdict: 'sign-in', because: 'grant-refused' })
      t.equal(at.asked('token'), 2)
      await at.ensure()
      t.equal(at.asked('token'), 2)
    })
  })

t.test('what a killed run had half made goes a minute later, file or folder', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  await at.ensure()
  const { state } = at.home.paths
  const made = (nonce: string) => [`config.tmp.${nonce}`, `state.json.tmp.${nonce}`] as const
  const [folder, file] = made('0123456789abcdef')
  mkdirSync(join(state, folder, 'etc'), { recursive: true })
  writeFileSync(join(state, folder, 'etc', 'mark'), '')
  writeFileSync(join(state, file), '')
  const left = () => readdirSync(state).filter(name => /\.tmp\./.test(name))
  await at.ensure()
  t.same(left(), [folder, file], 'another host may be about to rename it')
  at.pass(5 * hourMs)
  await at.ensure()
  t.same(left(), [])
})
