// Long sessions with nothing but the hooks: days of short-lived tokens, a revocation, a sign-in and a log-out on the way.

import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Hooked, hooked } from '../kit/hooked.js'
import { realClients } from '../kit/real-clients.js'
import { startSession } from '../kit/session.js'
import { localStoreOf } from '../kit/store-of.js'
import { custodies } from '../kit/wrapped.js'

t.jobs = 2
t.setTimeout(900_000)

const hourMs = 3_600_000

/** As if so much time had gone by: every time that is written down anywhere is that much earlier. */
async function passTime(box: Hooked, ms: number) {
  await box.quiet()
  const login = box.login()
  if (login === null || login.expiresAt === null) throw new Error('no login')
  const store = localStoreOf(box)
  const sealed = await store.read()
  const { loginFile, state, stateFile } = box.home.paths
  const earlier = (path: string) => {
    const { atimeMs, mtimeMs } = statSync(path)
    utimesSync(path, (atimeMs - ms) / 1000, (mtimeMs - ms) / 1000)
  }
  const times = ['expiresAtMs', 'loginEndsAtMs', 'sinceMs', 'renewedAtMs', 'atMs', 'nextTryAtMs']
  const memory = JSON.parse(readFileSync(stateFile, 'utf8'), (key, value) =>
    times.includes(key) && typeof value === 'number' ? value - ms : value,
  )
  box.home.write(stateFile, JSON.stringify(memory))
  if (login.expiresAt - ms <= Date.now()) box.authority.expireAccess(login.accessToken)
  box.writeLogin({ ...login, expiresAt: login.expiresAt - ms })
  if (sealed.kind === 'current' && sealed.stored.login) {
    const { expiresAtMs } = sealed.stored.login
    const aged = { ...sealed.stored.login, expiresAtMs: (expiresAtMs ?? 0) - ms }
    await store.write({ ...sealed.stored, login: aged }, sealed.version)
  }
  // The seal on the login goes on from where it was: a client would not see a later one with the same time.
  const others = readdirSync(state).filter(name => name !== 'seen')
  for (const path of [loginFile, ...others.map(name => join(state, name))]) earlier(path)
  const seen = join(state, 'seen')
  if (existsSync(join(state, 'fresh')))
    utimesSync(loginFile, statSync(seen).atimeMs / 1000, statSync(seen).mtimeMs / 1000)
}

const requests = (box: Hooked) => box.authority.requests
const refusals = (box: Hooked) => requests(box).filter(({ status }) => status === 401)

for (const client of realClients())
  for (const custody of custodies)
    t.test(`${client.version}, ${custody}`, { skip: client.skip, buffered: true }, async t => {
      await t.test('three days without a timer', t => threeDays(t, client.path, custody))
      await t.test('what happens inside a session', t => onTheWay(t, client.path, custody))
    })

async function threeDays(t: Test, client: string, custody: string) {
  const box = await hooked(t, {
    client,
    via: 'proxy',
    config: { custody },
    authority: { accessLifeMs: hourMs },
  })
  const session = startSession(box, 'claude')
  t.equal(await session.ask('hi'), 'Hello.')
  let renewals = 0
  for (const hours of [0.4, 0.7, 0.2, 0.95, 9, 0.6, 14, 0.99, 24, 0.5, 24]) {
    await passTime(box, hours * hourMs)
    const before = box.login()?.accessToken
    t.equal(await session.ask(`${hours} h later`), 'Hello.')
    await box.quiet()
    if (box.login()?.accessToken !== before) renewals += 1
  }
  t.same(refusals(box), [], 'no request with a token that had ended')
  t.same(box.tokenRequests().theirs, [], 'the client never had to renew by itself')
  t.equal(box.authority.counts().rotations, renewals)
  t.ok(renewals >= 6)
  t.equal(box.authority.counts().reuses, 0)
  t.equal(await session.end(), 0)
}

async function onTheWay(t: Test, client: string, custody: string) {
  const box = await hooked(t, { client, via: 'proxy', config: { custody } })
  const session = startSession(box, 'claude')
  t.equal(await session.ask('hi'), 'Hello.')
  await box.quiet()
  const stored = async () => {
    const read = await localStoreOf(box).read()
    return read.kind === 'current' ? (read.stored.login?.accessToken ?? null) : null
  }
  const heldInFile = () => (box.login()?.refreshToken === null ? 'sole' : 'shared')

  const revoked = box.login()?.accessToken ?? ''
  t.equal(await stored(), revoked)
  box.authority.revokeAccess(revoked)
  const answer = await session.ask('while it is revoked')
  // In shared custody the client renews by itself after a 401.
  t.match(answer, custody === 'shared' ? 'Hello.' : /Hello.|401/)
  t.equal(await session.ask('and again'), 'Hello.')
  await box.quiet()
  t.ok(box.authority.counts().rotations <= 1, 'one renewal')
  t.equal(box.authority.counts().reuses, 0)

  const signIn = box.signIn()
  box.writeLogin(signIn)
  t.equal(await session.end(), 0)
  await box.settle()
  // A client that ends gives its hooks 1.5 s; where no worker outlives them, a busy machine leaves it to the next run.
  if ((await stored()) !== signIn.accessToken) await box.ensure()
  t.equal(await stored(), box.login()?.accessToken, 'the sign-in was backed up')
  t.equal(await stored(), signIn.accessToken)
  t.equal(heldInFile(), custody, 'and taken into custody')
}
