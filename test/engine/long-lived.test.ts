// The long-lived token in real files: into the login file and back again, with the login safe at every moment.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tokenHash } from '../../src/login/login.js'
import { setupTokenKeys } from '../../src/store/document.js'
import { makeTrouble } from '../../src/system/trouble.js'
import { custodies, type Engine, engine, hourMs, storyOf } from '../kit/engine.js'

const dayMs = 24 * hourMs

/** Puts a new long-lived token into the document, as another tool or `login --long-lived` does. */
async function mint(at: Engine, lifeMs: number | null = 365 * dayMs): Promise<string> {
  const { accessToken: token } = at.authority.mintLongLived(at.user)
  const endsAtMs = lifeMs === null ? null : at.clock.ms + lifeMs
  await change(at, setupTokenKeys({ token, mintedAtMs: at.clock.ms, endsAtMs, identity: null }))
  return token
}

async function change(at: Engine, keys: Record<string, unknown>) {
  const store = (await at.run()).store
  const read = await store?.read()
  if (!store || (read?.kind !== 'current' && read?.kind !== 'empty')) throw new Error('no store')
  const outcome = await store.change(keys, read.version)
  if (outcome.kind !== 'written') throw new Error(outcome.kind)
}

function keptAside(at: Engine): number {
  const folder = join(at.home.paths.state, 'aside')
  return existsSync(folder) ? readdirSync(folder).length : 0
}

for (const custody of custodies) {
  t.test(`${custody}: into the file after the login is stored, and back`, async t => {
    const config = { custody, credential: 'long-lived' }
    const at = await engine(t, { config })
    at.writeLogin(JSON.stringify({ mcpOAuth: { x: 1 }, claudeAiOauth: at.login() }))
    const first = at.login()
    const token = await mint(at)
    const outcome = await at.ensure()
    t.match(storyOf(outcome), /back-up store-behind, restore store-newer, launch long-lived$/)
    const endsAt = at.clock.ms + 365 * dayMs
    t.match(outcome, {
      verdict: 'ok',
      credential: 'long-lived',
      loginEndsAt: endsAt,
      expiresAt: null,
      store: { state: 'current' },
    })
    t.same(JSON.parse(at.fileText()), {
      mcpOAuth: { x: 1 },
      claudeAiOauth: {
        subscriptionType: 'enterprise',
        rateLimitTier: first?.rateLimitTier,
        accessToken: token,
        refreshToken: null,
        expiresAt: null,
        scopes: ['user:inference'],
      },
    })
    t.equal((await at.stored())?.refreshToken, first?.refreshToken)
    t.equal(keptAside(at), 0, 'it is in the store: nothing to keep aside')

    const profiles = at.asked('profile')
    t.equal(storyOf(await at.ensure()), 'launch long-lived')
    at.pass(hourMs)
    t.equal(storyOf(await at.ensure()), 'read-store before-renewal, launch long-lived')
    t.equal(at.asked('profile'), profiles, 'the server is not asked about it')
    t.equal(at.asked('token'), 0)

    at.pass(20 * hourMs)
    at.configure({ custody })
    const back = await at.ensure()
    t.match(storyOf(back), /^read-store before-renewal, renew expired, .*launch fresh$/)
    t.match(back, { verdict: 'ok', credential: 'login', store: { state: 'current' } })
    t.not(at.login()?.accessToken, token)
    t.equal(at.login()?.refreshToken === null, custody === 'sole')
    t.equal(at.authority.counts().reuses, 0)
    const { setupToken } = await document(at)
    t.equal(setupToken?.token, token, 'and the document keeps it')

    at.configure(config)
    t.match(await at.ensure(), { verdict: 'ok', credential: 'long-lived' })
    t.equal(at.login()?.accessToken, token)
  })

  t.test(
    `${custody}: taken out of the document: the login comes back without a renewal`,
    async t => {
      const at = await engine(t, { config: { custody, credential: 'long-lived' } })
      const first = at.login()
      await mint(at)
      await at.ensure()
      await change(at, setupTokenKeys(null))
      t.equal(storyOf(await at.ensure()), 'launch long-lived', 'the store is asked once an hour')
      at.pass(hourMs)
      t.match(await at.ensure(), { verdict: 'ok', credential: 'login' })
      t.equal(at.login()?.accessToken, first?.accessToken)
      t.equal(at.login()?.refreshToken === null, custody === 'sole')
      t.equal(at.asked('token'), 0)
    },
  )

  t.test(`${custody}: replaced in the document`, async t => {
    const at = await engine(t, { config: { custody, credential: 'long-lived' } })
    await mint(at)
    await at.ensure()
    const second = await mint(at)
    t.match(await at.ensure({ forced: true }), { verdict: 'ok', credential: 'long-lived' })
    t.equal(at.login()?.accessToken, second)
    t.equal(keptAside(at), 0, 'the one before was ours')
  })

  t.test(`${custody}: a sign-in made meanwhile is stored before it makes room`, async t => {
    const at = await engine(t, { config: { custody, credential: 'long-lived' } })
    const token = await mint(at)
    await at.ensure()
    const signIn = at.signIn()
    at.writeLogin(signIn)
    const outcome = await at.ensure()
    t.match(
      storyOf(outcome),
      /verify changed, back-up store-behind, restore store-newer, launch long-lived$/,
    )
    t.equal(at.login()?.accessToken, token)
    t.equal((await at.stored())?.refreshToken, signIn.refreshToken)
  })
}

async function document(at: Engine) {
  const read = await (await at.run()).store?.read()
  if (read?.kind !== 'current') throw new Error('nothing is stored')
  return read.stored
}

t.test('a home where nobody signed in starts with it', async t => {
  const at = await engine(t, { login: 'none', config: { credential: 'long-lived' } })
  const token = await mint(at)
  t.match(await at.ensure(), { verdict: 'ok', credential: 'long-lived' })
  t.equal(at.login()?.accessToken, token)
  t.same(at.login()?.scopes, ['user:inference'])
  at.writeLogin(null)
  t.match(await at.ensure(), { verdict: 'ok', credential: 'long-lived' }, 'also when it is lost')
})

t.test('a login that nobody vouches for stays, a stranger’s is kept aside', async t => {
  const at = await engine(t, { config: { credential: 'long-lived' } })
  const token = await mint(at)
  await at.ensure()
  const signIn = at.signIn()
  at.writeLogin(signIn)
  at.authority.fail('profile', { instead: 'drop' }, 9)
  await at.ensure()
  t.equal(at.login()?.accessToken, signIn.accessToken)
  at.authority.clearFaults()
  const stranger = { ...at.user, email: 'bob@example.com', accountUuid: 'b0b' }
  at.writeLogin(at.authority.signIn({ user: stranger }))
  await at.ensure()
  t.equal(at.login()?.accessToken, token)
  t.equal(keptAside(at), 1)
  t.not((await at.stored())?.accessToken, stranger)
})

t.test('a store that does not take the login: nothing is replaced, and it is said', async t => {
  const at = await engine(t, { config: { credential: 'long-lived' } })
  await mint(at)
  const first = at.login()
  const run = await at.run()
  if (run.store === null) throw new Error('no store')
  const forbidden = makeTrouble('the policy does not allow it')
  const denied = { kind: 'denied', trouble: forbidden } as const
  run.store.write = async () => denied
  const { ensure } = await import('../../src/engine/ensure.js')
  const options = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  const { outcome, trouble } = await ensure(run, options)
  t.match(outcome, { verdict: 'attention', because: 'fresh', credential: 'login' })
  t.same(trouble, forbidden)
  t.same(at.login(), first)
})

t.test('after a log-out it does not come back either', async t => {
  const at = await engine(t, { config: { credential: 'long-lived' } })
  const token = await mint(at)
  await at.ensure()
  const file = at.fileText()
  at.home.write(at.home.paths.signedOut, '')
  at.writeLogin(null)
  t.match(await at.ensure(), { verdict: 'sign-in', because: 'signed-out' })
  at.writeLogin(file)
  t.match(await at.ensure(), { verdict: 'sign-in', because: 'signed-out' }, 'nor put back')
  at.writeLogin(at.signIn())
  t.match(await at.ensure(), { verdict: 'ok', credential: 'long-lived' })
  t.equal(at.login()?.accessToken, token)
})

t.test('its recorded end: warned before, and then the login comes back', async t => {
  const at = await engine(t, { config: { credential: 'long-lived' } })
  await mint(at, 20 * dayMs)
  await at.ensure()
  at.pass(20 * dayMs - hourMs)
  const { reportOf } = await told(at)
  t.match(
    reportOf.warnings.join('\n'),
    /This token ends in .*Type: claude-auth login --long-lived$/,
  )
  at.pass(2 * hourMs)
  t.match(await at.ensure(), { verdict: 'ok', credential: 'login', did: ['read-store', 'renew'] })
})

t.test('its end, and no login: a new token is what helps', async t => {
  const at = await engine(t, { login: 'none', config: { credential: 'long-lived' } })
  const token = await mint(at, dayMs)
  await at.ensure()
  at.pass(2 * dayMs)
  const { reportOf } = await told(at)
  t.match(reportOf.outcome, {
    verdict: 'sign-in',
    because: 'login-ended',
    credential: 'long-lived',
  })
  t.match(
    reportOf.lines.join('\n'),
    /Your long-lived token ended.*\n.*claude-auth login --long-lived/,
  )
  t.equal(at.login()?.accessToken, token, 'left where it is')
})

async function told(at: Engine) {
  const { ensure } = await import('../../src/engine/ensure.js')
  const options = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  return { reportOf: await ensure(await at.run(), options) }
}

t.test('mode: observe and another setting leave everything as it is', async t => {
  const at = await engine(t)
  await mint(at)
  const before = at.fileText()
  t.match(await at.ensure(), { verdict: 'ok', credential: 'login' })
  t.equal(at.fileText(), before, 'credential: login')
  at.configure({ credential: 'long-lived', mode: 'observe' })
  t.match(await at.ensure(), { verdict: 'ok', because: 'observe' })
  t.equal(at.fileText(), before, 'mode: observe')
})

t.test('a token put there by hand stays, with the setting and without', async t => {
  for (const credential of ['login', 'long-lived']) {
    const at = await engine(t, { login: 'long-lived', config: { credential } })
    const before = at.fileText()
    t.match(await at.ensure({ forced: true }), { verdict: 'ok', because: 'long-lived' })
    t.match(await at.ensure(), { verdict: 'ok', because: 'long-lived', loginEndsAt: null })
    t.equal(at.fileText(), before)
  }
})

t.test('offline it is put there and taken back all the same', async t => {
  const at = await engine(t)
  await at.ensure()
  const first = at.login()
  const token = await mint(at)
  at.configure({ credential: 'long-lived' })
  await at.ensure({ offline: true })
  t.equal(at.login()?.accessToken, token)
  at.configure()
  await at.ensure({ offline: true })
  t.equal(at.login()?.accessToken, first?.accessToken)
})

t.test('a run that was killed between knowing and writing harms nothing', async t => {
  const at = await engine(t, { config: { credential: 'long-lived' } })
  const first = at.login()
  const token = await mint(at)
  await at.ensure()
  t.equal(at.memory().longLived?.placed?.accessHash, tokenHash(token))
  // As if the memory was written and the file was not.
  at.writeLogin(first)
  t.match(await at.ensure(), { verdict: 'ok', credential: 'long-lived' })
  // As if the whole memory was lost.
  at.home.write(at.home.paths.stateFile, '{}')
  at.configure()
  t.match(await at.ensure({ forced: true }), { verdict: 'ok', credential: 'login' })
  t.equal(at.login()?.refreshToken, first?.refreshToken)
})
