// Log-outs and sign-ins on one host of a shared document, and what comes of them on the other.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { faults } from '../../src/demo/faults.js'
import { custodies, type Engine, hourMs, minuteMs, storyOf } from '../kit/engine.js'
import { accessToken, twoEngines } from '../kit/hosts.js'
import { type OpenBao, openBao } from '../kit/openbao.js'
import { me } from '../kit/vault-box.js'

const bob = {
  email: 'bob@example.com',
  accountUuid: 'b0b00000-0000-4000-8000-000000000003',
  organizationUuid: '0a900000-0000-4000-8000-000000000002',
  organizationName: 'Example',
  subscriptionType: 'enterprise' as const,
}

/** How the other host's file may be by then: a client blanks what is refused only if it could refresh. */
const states: Record<(typeof custodies)[number], Record<string, (host: Engine) => void>> = {
  shared: { blank: host => host.blank(), missing: host => host.writeLogin(null) },
  sole: {
    torn: host => host.writeLogin('{"claudeAiOauth":{"acc'),
    expired: host => host.pass(9 * hourMs),
  },
}

/** As the wrapper does it: the mark first, then the client's own log-out. */
async function logOut(host: Engine) {
  host.home.write(host.home.paths.signedOut, '')
  host.writeLogin(null)
  return host.ensure()
}

function signIn(host: Engine) {
  host.writeLogin(host.signIn())
  return host.ensure()
}

const signedOut = { verdict: 'sign-in', because: 'signed-out' }
const fine = { verdict: 'ok', because: 'fresh', store: { state: 'current' } }

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)

  for (const custody of custodies) {
    const start = async (t: Test, from: OpenBao = bao) => {
      const { one, two } = await twoEngines(t, from, { config: { custody } })
      for (const { home } of [one, two]) {
        const hook = join(home.path, 'hook')
        home.write(hook, `${one.authority.url}/services/T/B/x`)
        const config = JSON.parse(readFileSync(home.configFile, 'utf8'))
        const alerts = { slack: { webhookFile: hook } }
        home.write(home.configFile, JSON.stringify({ ...config, alerts }))
      }
      return { one, two }
    }

    t.test(`${custody}: a log-out signs the other host out, a sign-in there heals it`, async t => {
      const { one, two } = await start(t)
      const file = JSON.parse(two.fileText())
      two.writeLogin(JSON.stringify({ mcpOAuth: { 'a|b': { x: 1 } }, ...file }))
      t.match(await logOut(one), signedOut)
      for (const forced of [true, false]) {
        t.match(await two.ensure({ forced }), signedOut)
        t.same(JSON.parse(two.fileText()), { mcpOAuth: { 'a|b': { x: 1 } } })
      }
      t.match(await signIn(one), fine)
      t.match(await two.ensure(), fine, 'without a person')
      t.equal(accessToken(two), accessToken(one))
      t.match(JSON.parse(two.fileText()), { mcpOAuth: { 'a|b': { x: 1 } } })
      t.equal(one.asked('token'), 0)
      t.same(one.authority.slackMessages, [])
    })

    t.test(`${custody}: a sign-in on the other host ends it on both`, async t => {
      const { one, two } = await start(t)
      const old = two.login()
      await logOut(one)
      t.match(await two.ensure({ forced: true }), signedOut)
      two.writeLogin(old)
      t.match(await two.ensure(), signedOut, 'an old backup is no sign-in')
      t.match(await signIn(two), fine)
      t.equal((await one.ensure()).because, 'signed-out', 'who logged out signs in where they did')
      one.pass(minuteMs)
      t.match(await signIn(one), fine)
      t.match(await two.ensure({ forced: true }), fine)
      t.equal(accessToken(two), accessToken(one))
      t.same(one.authority.slackMessages, [])
    })

    for (const [name, become] of Object.entries(states[custody]))
      t.test(`${custody}: the other host’s file is ${name} when it hears of it`, async t => {
        const { one, two } = await start(t)
        await logOut(one)
        become(two)
        t.match(await two.ensure(), signedOut)
        t.same(one.authority.slackMessages, [], 'nobody is alarmed')
        t.equal(one.asked('token'), 0)
        t.match(await signIn(one), fine)
        t.match(await two.ensure(), fine)
        t.equal(accessToken(two), accessToken(one))
      })

    // Before the request, while its answer is on its way, while the new login is stored, and after that.
    for (const afterMs of [0, 200, 450, 700, 1000])
      t.test(`${custody}: a renewal is at work, and ${afterMs} ms on a log-out`, async t => {
        const { one, two } = await start(t)
        one.pass(9 * hourMs)
        one.authority.fail('token', faults.late(400))
        const [, after] = await Promise.all([
          two.ensure(),
          new Promise(resolve => setTimeout(resolve, afterMs)).then(() => logOut(one)),
        ])
        t.match(after, signedOut)
        t.match(await two.ensure({ forced: true }), signedOut)
        t.equal((await bao.document(me))?.data['claude_ai_oauth_json'], '')
        t.equal(accessToken(two), undefined)
        t.same(one.authority.slackMessages, [], 'nobody is alarmed')
      })

    t.test(`${custody}: a fresh sign-in wins on the other host, once verified`, async t => {
      const { one, two } = await start(t)
      one.pass(hourMs)
      t.match(await signIn(two), fine)
      const taken = await one.ensure()
      t.match(taken, fine)
      t.match(storyOf(taken), /read-store.*verify changed.*restore store-newer/)
      t.equal(accessToken(one), accessToken(two))
      t.equal(one.asked('token'), 0)
    })

    t.test(`${custody}: a stranger’s login in the document is neither taken nor kept`, async t => {
      const { one, two } = await start(t)
      const own = accessToken(one)
      const theirs = one.authority.signIn({ user: bob, lifeMs: 20 * hourMs })
      const document = await bao.document(me)
      const { claude_auth_lineage: _, claude_auth_chain: __, ...rest } = document?.data ?? {}
      for (const data of [
        rest,
        {
          ...document?.data,
          claude_auth_lineage: 'theirs',
          claude_auth_chain: [],
          claude_auth_signed_in_at: Date.now() + hourMs,
        },
      ]) {
        await bao.put(me, {
          ...data,
          claude_ai_oauth_json: JSON.stringify(theirs),
          credential_expires_at_ms: theirs.expiresAt,
        })
        t.match(await one.ensure({ forced: true }), { verdict: 'ok', because: 'fresh' })
        t.equal(accessToken(one), own)
        t.match(await one.ensure({ forced: true }), fine)
        t.match(String((await bao.document(me))?.data['claude_ai_oauth_json']), own ?? '-')
      }
      t.match(await two.ensure({ forced: true }), fine)
      t.equal(accessToken(two), own)
      one.pass(5 * hourMs)
      t.match(await two.ensure(), fine)
      t.equal(one.asked('token'), 1)
    })
  }
})
