// A session by this user's own token, with a real OpenBao: opened, looked up, renewed, refused.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { openBao } from '../../kit/openbao.js'
import { secretsInText } from '../../kit/secrets.js'
import { told } from '../../kit/told.js'
import { vaultPerson } from '../../kit/vault-person.js'

const minute = 60_000
const hour = 60 * minute
const lookUp = 'GET auth/token/lookup-self'
const renew = 'POST auth/token/renew-self'

t.test('with an OpenBao that answers', async t => {
  const server = await openBao(t)
  const mint = async (about: object) => {
    const { body } = await server.ask('POST', 'auth/token/create-orphan', about)
    return String((body['auth'] as { client_token: string }).client_token)
  }
  const lookup = async (token: string) =>
    (await server.ask('POST', 'auth/token/lookup', { token })).body['data'] as {
      ttl: number
      last_renewal_time?: number
    }

  await t.test('opened once a process, looked up once an hour', async t => {
    const alice = vaultPerson(t, server)
    const token = await server.userToken('alice')
    alice.put(`${token}\n`)
    const session = alice.session()
    t.same(alice.asked, [], 'not before it is needed')
    const all = await Promise.all([session.token(), session.token(), session.token()])
    for (const each of all) t.same(each, { kind: 'open', token })
    t.same(await session.token(), { kind: 'open', token })
    t.same(alice.asked, [lookUp])
    t.equal(await alice.reads(token, 'alice'), 404, 'no document yet')

    alice.clock.aheadMs = 59 * minute
    await alice.session().token()
    t.same(alice.asked, [lookUp], 'the next process does not ask')
    alice.clock.aheadMs = 61 * minute
    await alice.session().token()
    t.same(alice.asked, [lookUp, lookUp])
    alice.clock.aheadMs = -10 * hour
    await alice.session().token()
    t.equal(alice.asked.length, 3, 'a clock that was set back')
    t.same(secretsInText(JSON.stringify(alice.memory), [token]), [])
  })

  await t.test('another token is looked up at once', async t => {
    const alice = vaultPerson(t, server)
    for (const host of ['ws1', 'ws1', 'ws2']) {
      alice.put(await server.userToken('alice', { host }))
      const session = alice.session()
      t.match(await session.token(), { kind: 'open' })
      if (host === 'ws1') t.equal(session.drift(), null)
      else
        t.match(session.drift(), {
          cause: /has another name$/,
          advice: /^token-ws2-.*, before token-ws1-/,
        })
    }
    t.equal(alice.asked.length, 3)
    const session = alice.session()
    await session.token()
    t.equal(session.drift(), null, 'told once')
  })

  await t.test('renewed below half of its period, and only then', async t => {
    const alice = vaultPerson(t, server)
    const token = await server.userToken('alice', { period: '90m' })
    alice.put(token)
    await alice.session().token()
    alice.clock.aheadMs = 40 * minute
    t.match(await alice.session().token(), { kind: 'open' })
    t.notMatch(alice.asked, [lookUp, renew])
    alice.clock.aheadMs = 50 * minute
    t.match(await alice.session().token(), { kind: 'open' })
    t.same(alice.asked, [lookUp, renew])
    t.ok((await lookup(token)).last_renewal_time, 'as OpenBao says too')
    const leftMs = (alice.memory?.endsAtMs ?? 0) - (Date.now() + alice.clock.aheadMs)
    t.ok(leftMs > 89 * minute && leftMs <= 90 * minute)
    alice.clock.aheadMs = 55 * minute
    await alice.session().token()
    t.equal(alice.asked.length, 2)
  })

  await t.test('a renewal that is refused is no failure, and not repeated at once', async t => {
    const alice = vaultPerson(t, server)
    const policy = 'path "auth/token/lookup-self" { capabilities = ["read"] }'
    await server.ask('PUT', 'sys/policies/acl/no-renewal', { policy })
    alice.put(await mint({ policies: ['no-renewal'], no_default_policy: true, period: '8h' }))
    await alice.session().token()
    alice.clock.aheadMs = 5 * hour
    if (alice.memory) alice.memory.checkedAtMs += 5 * hour
    for (let runs = 0; runs < 3; runs++) t.match(await alice.session().token(), { kind: 'open' })
    t.same(alice.asked, [lookUp, renew])
    const refusedAtMs = alice.memory?.refusedAtMs
    t.ok(refusedAtMs, 'and is remembered')
    if (alice.memory) alice.memory.checkedAtMs = 0
    await alice.session().token()
    t.ok(alice.memory?.refusedAtMs, 'also after the next look')
    const allowed = `${policy} path "auth/token/renew-self" { capabilities = ["update"] }`
    await server.ask('PUT', 'sys/policies/acl/no-renewal', { policy: allowed })
    const nowMs = Date.now() + alice.clock.aheadMs
    if (alice.memory) Object.assign(alice.memory, { endsAtMs: nowMs + hour, triedAtMs: 0 })
    await alice.session().token()
    t.equal(alice.memory?.refusedAtMs, null, 'until it is granted')
  })

  await t.test('a last end that no renewal moves', async t => {
    const alice = vaultPerson(t, server)
    const display_name = 'ws1-claude-auth-alice'
    alice.put(
      await mint({ display_name, policies: ['default'], ttl: '1h', explicit_max_ttl: '3h' }),
    )
    alice.clock.aheadMs = 2 * hour
    await alice.session().token()
    const leftMs = (alice.memory?.lastEndAtMs ?? 0) - Date.now() - alice.clock.aheadMs
    t.ok(leftMs > 3 * hour - minute && leftMs <= 3 * hour + minute, 'by our clock')
    alice.put(await server.userToken('alice'))
    await alice.session().token()
    t.equal(alice.memory?.lastEndAtMs, null)
  })

  await t.test('an own policy without look-up: the document itself tells', async t => {
    const alice = vaultPerson(t, server)
    const path = 'secret/data/workstation/claude-users/alice'
    const policy = `path "${path}" { capabilities = ["read"] }`
    await server.ask('PUT', 'sys/policies/acl/only-document', { policy })
    const token = await mint({ policies: ['only-document'], no_default_policy: true, period: '8h' })
    alice.put(token)
    for (let runs = 0; runs < 3; runs++)
      t.same(await alice.session().token(), { kind: 'open', token })
    t.same(alice.asked, [lookUp], 'not asked again for an hour')
    t.equal(await alice.reads(token, 'alice'), 404)
  })

  await t.test('revoked, ended, never there: dead', async t => {
    const alice = vaultPerson(t, server)
    const token = await server.userToken('alice')
    alice.put(token)
    const session = alice.session()
    await session.token()
    t.equal(await session.whyRefused(), null, 'alive: a policy is missing')
    await server.ask('POST', 'auth/token/revoke', { token })
    t.equal(await alice.reads(token, 'alice'), 403)
    const why = await session.whyRefused()
    t.match(told(why), {
      kind: 'denied',
      what: /^Vault does not know the token \(.*vault-token\): it has/,
    })
    t.same(secretsInText(JSON.stringify(why), [token]), [])

    alice.put('hvs.CAESIJ-never-was-one')
    const stranger = alice.session()
    t.match(await stranger.token(), { kind: 'open' }, 'look-up alone proves nothing')
    t.match(await stranger.whyRefused(), { kind: 'denied' })
  })

  await t.test('an end that was known has passed', async t => {
    const alice = vaultPerson(t, server)
    const token = await server.userToken('alice', { period: '1h' })
    alice.put(token)
    await alice.session().token()
    await server.ask('POST', 'auth/token/revoke', { token })
    alice.clock.aheadMs = 3 * hour
    t.match(told(await alice.session().token()), {
      kind: 'denied',
      what: /^the Vault token ended 2 h ago \(.*vault-token\); type: \(umask 077; /,
    })
  })

  await t.test('a session outlives its token’s end only by a new look', async t => {
    const alice = vaultPerson(t, server)
    const token = await server.userToken('alice', { period: '1h' })
    alice.put(token)
    const session = alice.session()
    await session.token()
    alice.clock.aheadMs = 2 * hour
    t.same(await session.token(), { kind: 'open', token }, 'it lives: our clock was wrong')
    t.same(alice.asked, [lookUp, lookUp])
  })

  await t.test('root’s and another user’s are never used', async t => {
    const alice = vaultPerson(t, server)
    for (const [token, what] of [
      [server.rootToken, /is a root token, which is never used \(.*vault-token\); type: /],
      [await server.userToken('bob'), /is bob's, not alice's \(.*vault-token\); type: /],
    ] as const) {
      alice.put(token)
      const session = alice.session()
      const denied = await session.token()
      t.match(told(denied), { kind: 'denied', what })
      t.same(await session.token(), denied)
      t.same(secretsInText(JSON.stringify(denied), [token]), [])
      t.equal(alice.memory, null)
    }
    t.same(alice.asked, [lookUp, lookUp], 'nothing was asked for with them')
  })

  await t.test('sealed is trouble for a while only', async t => {
    const alice = vaultPerson(t, server)
    alice.put(await server.userToken('alice'))
    const session = alice.session()
    await server.seal()
    t.match(told(await session.token()), { kind: 'unreachable', what: /seal/i })
    t.match(await session.whyRefused(), { kind: 'unreachable' })
    t.equal(alice.memory, null)
  })
})

t.test('with one that hangs or is gone, and comes back', async t => {
  const server = await openBao(t)
  const alice = vaultPerson(t, server, { timeoutMs: 1500 })
  const token = await server.userToken('alice')
  alice.put(token)
  const session = alice.session()
  server.hang()
  t.match(await session.token(), { kind: 'unreachable' })
  server.goOn()
  t.same(await session.token(), { kind: 'open', token })

  server.hang()
  alice.clock.aheadMs = 0.6 * 768 * hour
  if (alice.memory) alice.memory.checkedAtMs += alice.clock.aheadMs
  t.same(await alice.session().token(), { kind: 'open', token }, 'not renewed, and alive')
  t.equal(alice.asked.at(-1), renew)
  await server.stop()
  t.same(await alice.session().token(), { kind: 'open', token }, 'known, so nothing is asked')
  alice.memory = null
  const gone = await alice.session().token()
  t.match(gone, { kind: 'unreachable' })
  t.same(secretsInText(JSON.stringify(gone), [token]), [])
})

t.test('what answers in the place of Vault is not believed', async t => {
  let status = 200
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const alice = vaultPerson(t, { address: `http://127.0.0.1:${port}`, caFile: null })
  alice.put('hvs.a-token-of-nobody-at-all')
  const session = alice.session()
  status = 403
  t.match(told(await session.token()), {
    kind: 'unreachable',
    what: /not Vault refused .*\(403 for/,
  })
  t.match(await session.whyRefused(), { kind: 'unreachable' })
  status = 200
  t.match(told(await session.token()), { kind: 'denied', what: /is not Vault/ })
  t.equal(alice.memory, null)
})
