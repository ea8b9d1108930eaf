// Whose a Vault token is: judged from what a real OpenBao says of it.

import t from 'tap'
import type { SessionMemory } from '../../../src/store/vault/auth.js'
import {
  isRenewalDue,
  judgeToken,
  lookedUp,
  notLookedUp,
} from '../../../src/store/vault/token-auth.js'
import { troubleText } from '../../../src/text/trouble.js'
import { type OpenBao, openBao } from '../../kit/openbao.js'
import { told } from '../../kit/told.js'

const nowMs = 1_800_000_000_000
const alice = { user: 'alice', file: '/home/alice/t' }
const hour = 3_600_000

const token: SessionMemory = {
  hash: 'a'.repeat(64),
  checkedAtMs: nowMs,
  isKnown: true,
  displayName: 'token-ws1-claude-auth-alice',
  policies: ['workstation-claude-alice'],
  isRenewable: true,
  endsAtMs: nowMs + 768 * hour,
  lifeMs: 768 * hour,
  triedAtMs: 0,
}

async function lookedUpIn(server: OpenBao, of: string) {
  const { body } = await server.ask('GET', 'auth/token/lookup-self', undefined, of)
  const seen = lookedUp(body, 'h', nowMs)
  if (seen === null) throw new Error('not understood')
  return seen
}

t.test('as a real OpenBao tells it', async t => {
  const server = await openBao(t)
  const mint = async (about: object) => {
    const { body } = await server.ask('POST', 'auth/token/create-orphan', about)
    return String((body['auth'] as { client_token: string }).client_token)
  }

  await t.test('a site’s token', async t => {
    const seen = await lookedUpIn(server, await server.userToken('alice', { period: '2h' }))
    t.match(seen, {
      isKnown: true,
      displayName: token.displayName,
      policies: token.policies,
      isRenewable: true,
      lifeMs: 2 * hour,
    })
    const leftMs = (seen.endsAtMs ?? 0) - nowMs
    t.ok(leftMs > hour && leftMs <= 2 * hour, 'its end is by our own clock')
    t.same(judgeToken(seen, alice, null, nowMs), { kind: 'allowed', drift: null })
    t.match(told(judgeToken(seen, { ...alice, user: 'bob' }, null, nowMs)), {
      what: /^the Vault token is alice's, not bob's \(\/home\/alice\/t\); type: \(umask 077; /,
    })
  })

  await t.test('root’s, by whatever name', async t => {
    for (const each of [server.rootToken, await mint({ display_name: 'ws1-claude-auth-alice' })]) {
      const seen = await lookedUpIn(server, each)
      t.match(told(judgeToken(seen, alice, null, nowMs)), {
        what: /is a root token, which is never used/,
      })
    }
  })

  await t.test('another user’s by its policy alone', async t => {
    const seen = await lookedUpIn(server, await mint({ policies: ['workstation-claude-Bob'] }))
    t.match(told(judgeToken(seen, alice, null, nowMs)), {
      kind: 'denied',
      what: /is bob's, not alice's/,
    })
  })

  await t.test('names that Vault writes otherwise are still theirs', async t => {
    for (const user of ['j.doe', 'a_b', 'ann-', 'x.']) {
      const seen = await lookedUpIn(server, await server.userToken(user, { host: 'ws.ex_a' }))
      t.match(judgeToken(seen, { ...alice, user }, null, nowMs), { kind: 'allowed' }, user)
      t.match(judgeToken(seen, alice, null, nowMs), { kind: 'denied' }, user)
    }
  })

  await t.test('one that may not be renewed', async t => {
    const seen = await lookedUpIn(
      server,
      await mint({ policies: ['p'], renewable: false, ttl: '1h' }),
    )
    t.match(seen, { isRenewable: false, lifeMs: hour })
    t.notOk(isRenewalDue(seen, nowMs + 0.9 * hour))
  })
})

t.test('a user whose name ends like another’s', async t => {
  for (const user of ['lice', 'ws1-claude-auth-alice', 'alic', 'alice2'])
    t.match(judgeToken(token, { ...alice, user }, null, nowMs), { kind: 'denied' }, user)
  const hostless = { ...token, displayName: 'token-claude-auth-bob', policies: [] }
  t.match(told(judgeToken(hostless, alice, null, nowMs)), { what: /is bob's/ })
})

t.test('a name tells whose it is, whatever policies stand beside it', async t => {
  for (const user of ['lice', 'alic', 'ws1-claude-auth-alice', 'e'])
    for (const policies of [[], ['claude'], [`workstation-claude-${user}`]])
      t.match(
        told(judgeToken({ ...token, policies }, { ...alice, user }, null, nowMs)),
        { kind: 'denied', what: /is alice's, not / },
        `${user} ${policies.join()}`,
      )
})

t.test('a policy held through an identity counts as one of the token’s own', async t => {
  const looked = (data: object) => {
    const seen = lookedUp({ data: { ttl: 60, policies: ['default'], ...data } }, 'h', nowMs)
    if (seen === null) throw new Error('not understood')
    return judgeToken(seen, alice, null, nowMs)
  }
  t.match(looked({}), { kind: 'allowed' })
  t.match(told(looked({ identity_policies: ['workstation-claude-Bob'] })), { what: /is bob's/ })
  t.match(told(looked({ identity_policies: ['root'] })), { what: /is a root token/ })
  const both = ['workstation-claude-alice', 'workstation-claude-bob']
  t.match(looked({ identity_policies: both }), { kind: 'allowed' })
})

t.test('names of another convention say nothing', async t => {
  for (const displayName of ['', 'token', 'jwt-alice', 'ldap-bob', 'token-bob']) {
    const other = { ...token, displayName, policies: ['claude'] }
    t.same(judgeToken(other, alice, null, nowMs), { kind: 'allowed', drift: null }, displayName)
  }
})

t.test('one that has ended, and one without an end', async t => {
  const past = { ...token, endsAtMs: nowMs - 5 * 60_000 - 1 }
  t.match(told(judgeToken(past, alice, null, nowMs)), {
    what: /ended 5 min ago \(.*\); type: \(umask 077; /,
  })
  const endless = { ...token, endsAtMs: null }
  t.match(judgeToken(endless, alice, null, nowMs), { kind: 'allowed' })
  t.notOk(isRenewalDue(endless, nowMs))
})

t.test('what changed since it was last seen is told', async t => {
  const drift = (now: Partial<SessionMemory>, before: Partial<SessionMemory>) => {
    const judged = judgeToken({ ...token, ...now }, alice, { ...token, ...before }, nowMs)
    const drifted = judged.kind === 'allowed' ? judged.drift : judged.trouble
    return drifted && troubleText(drifted)
  }
  t.equal(drift({}, {}), null)
  t.equal(drift({ hash: 'b'.repeat(64) }, {}), null, 'another token, alike')
  t.match(
    drift({ displayName: 'token-ws2-claude-auth-alice' }, {}),
    /another name .*: token-ws2-claude-auth-alice, before token-ws1-claude-auth-alice$/,
  )
  t.match(
    drift({ policies: ['workstation-claude-alice', 'x'] }, {}),
    /changed .*: from workstation-claude-alice to workstation-claude-alice, x$/,
  )
  t.equal(drift({ policies: [], isKnown: false }, {}), null)
  t.equal(drift({}, { policies: [], isKnown: false }), null)
})

t.test('what may not be looked up keeps what was known', async t => {
  const blind = notLookedUp(token, token.hash, nowMs + hour)
  t.match(blind, { isKnown: false, policies: token.policies, checkedAtMs: nowMs + hour })
  t.match(judgeToken(notLookedUp(null, 'x', nowMs), alice, token, nowMs), { kind: 'allowed' })
  const ended = notLookedUp({ ...token, endsAtMs: nowMs - 1 }, token.hash, nowMs)
  t.match(judgeToken(ended, alice, token, nowMs), { kind: 'denied' })
})

t.test('renewed below half of its period, and not again at once', async t => {
  const life = 768 * hour
  for (const [left, due] of [
    [0.51, false],
    [0.49, true],
    [0.01, true],
  ] as const)
    t.equal(isRenewalDue({ ...token, endsAtMs: nowMs + left * life }, nowMs), due, String(left))
  const tried = { ...token, endsAtMs: nowMs + 0.4 * life, triedAtMs: nowMs - hour / 2 }
  t.notOk(isRenewalDue(tried, nowMs))
  t.ok(isRenewalDue(tried, nowMs + hour))
})

t.test('answers that are none', async t => {
  for (const body of [null, {}, { data: null }, { data: { ttl: 1 } }, { data: { policies: [] } }])
    t.equal(lookedUp(body, 'h', nowMs), null, JSON.stringify(body))
})
