// Verification in three values: accepted, refused, and everything that says nothing about the token.

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { verify } from '../../src/anthropic/profile.js'
import { startAuthority } from '../../src/demo/authority.js'
import { type Fault, faults } from '../../src/demo/faults.js'
import { directNetwork } from '../kit/direct-network.js'

const network = directNetwork()
const user = {
  email: 'alice@example.com',
  accountUuid: 'account',
  organizationUuid: 'organization',
  organizationName: 'Example',
  subscriptionType: 'enterprise' as const,
}
const nowMs = Date.UTC(2026, 0, 5, 9)

t.test('what the server says of a token', async t => {
  const authority = await startAuthority({ now: () => nowMs, random: randomBytes })
  t.teardown(authority.close)
  const { accessToken } = authority.signIn({ user })
  const ask = (token = accessToken) => verify(network, authority.url, token, 500)

  t.same(await ask(), {
    kind: 'accepted',
    identity: { email: user.email, accountUuid: 'account', organizationUuid: 'organization' },
    organization: 'Example',
    serverNowMs: nowMs,
  })
  t.match(await ask('sk-ant-oat01-unknown'), { kind: 'refused' })

  const noAnswers: [string, Fault, string][] = [
    ['a block page', faults.blockPage(), 'HTTP 403'],
    ['a page instead', faults.answer(200, '<html>'), 'HTTP 200'],
    ['nobody', faults.answer(200, { account: {} }), 'HTTP 200'],
    ['a list', faults.answer(200, []), 'HTTP 200'],
    ['too often', faults.retryAfter(60), 'HTTP 429'],
    ['its own trouble', faults.answer(503), 'HTTP 503'],
    ['not found', faults.answer(404), 'HTTP 404'],
    ['elsewhere', faults.redirect('/'), 'HTTP 307'],
    ['cut', faults.cut(), 'the connection ended in the middle of the reply'],
    ['dropped', faults.drop(), 'ECONNRESET'],
    ['silence', faults.hang(), 'no answer in time'],
  ]
  for (const [name, fault, what] of noAnswers) {
    authority.fail('profile', fault)
    t.match(await ask(), { kind: 'no-answer', what }, name)
  }
})

t.test('a name as long as a book is cut', async t => {
  const authority = await startAuthority({ now: () => nowMs, random: randomBytes })
  t.teardown(authority.close)
  const organizationName = 'x'.repeat(5_000)
  const { accessToken } = authority.signIn({ user: { ...user, organizationName } })
  t.match(await verify(network, authority.url, accessToken, 500), { organization: /^x{100}$/ })
})
