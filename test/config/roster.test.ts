// The roster: what it says of this user, and how little the rest of it matters.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { house } from './house.js'

const organization = '0b1e6c0a-0000-4000-8000-00000000abcd'

const roster = `
team: platform
users:
  alice: {email: Alice@Example.com, organization_uuid: ${organization}, shell: /bin/zsh}
  bob: {claude_auth: false}
  carol: {parked: true, email: carol@example.com}
  dave:
  mallory: {email: [nonsense], parked: maybe}
`

t.test('the roster names the identity, before the template of the files', async t => {
  const at = house(t.testdir())
  const file = at.writeSystem(roster, 'roster.yaml')
  at.writeSystem(`roster: ${file}\nidentity: {email: "{user}@example.org"}\n`)
  t.match(await at.load(), {
    mode: 'on',
    identity: { email: 'alice@example.com', organizationUuid: organization },
    roster: { file, listed: true },
  })
  t.match(await at.load({ person: { user: 'erin' } }), {
    identity: { email: 'erin@example.org', organizationUuid: null },
    roster: { listed: false },
  })
  t.match(await at.load({ person: { user: 'dave' } }), {
    identity: { email: 'dave@example.org' },
    roster: { listed: true },
  })
})

t.test('who is not enrolled or parked is switched off, with the reason', async t => {
  const at = house(t.testdir())
  const file = at.writeSystem(roster, 'roster.yaml')
  at.writeSystem(`roster: ${file}\n`)
  at.writeUser('mode: on\n')
  const bob = await at.load({ person: { user: 'bob' } })
  t.match(bob, { mode: 'off', off: { because: 'not-enrolled', file } })
  const carol = await at.load({ person: { user: 'carol' } })
  t.match(carol, { mode: 'off', off: { because: 'parked', file } })
})

t.test('a user’s own roster switches nothing off where the machine sets a mode', async t => {
  for (const entry of ['{parked: true}', '{claude_auth: false}']) {
    const at = house(t.testdir())
    const file = join(at.home, 'roster.yaml')
    writeFileSync(file, `users:\n  alice: ${entry}\n`, { mode: 0o600 })
    at.writeUser(`roster: ${file}\n`)
    t.match(await at.load(), { mode: 'off' }, 'alone on the machine')
    at.writeSystem('mode: on\n')
    t.match(await at.load(), { mode: 'on', off: null }, entry)
  }
})

t.test(
  'the machine’s roster says whose a login is, so no user names the servers that tell',
  async t => {
    const at = house(t.testdir())
    const file = at.writeSystem(roster, 'roster.yaml')
    at.writeUser('endpoints: {api: "http://127.0.0.1:9"}\n')
    at.writeSystem(`roster: ${file}\n`)
    t.match(await at.load(), { endpoints: { api: 'https://api.anthropic.com' } })
  },
)

t.test('a mistake about someone else is none of ours, one about us has its place', async t => {
  const at = house(t.testdir())
  const file = at.writeSystem(roster, 'roster.yaml')
  at.writeSystem(`roster: ${file}\n`)
  t.equal((await at.load()).mode, 'on')
  t.same(await at.problems({ person: { user: 'mallory' } }), [
    `${file}:8:20: users.mallory.email: expected an e-mail address, got a list`,
    `${file}:8:40: users.mallory.parked: expected true or false, got "maybe"`,
  ])
})

t.test('a user’s own roster cannot change what the machine’s file pins', async t => {
  const at = house(t.testdir())
  const file = at.writeSystem(roster, 'roster.yaml')
  at.writeSystem('identity: {email: "{user}@example.org"}\n')
  at.writeUser(`roster: ${file}\n`)
  t.match(await at.load(), {
    identity: { email: 'alice@example.org', organizationUuid: organization },
  })
})

t.test('a roster without users is no roster', async t => {
  const at = house(t.testdir())
  const file = at.writeSystem('people: [alice]\n', 'roster.yaml')
  at.writeSystem(`roster: ${file}\n`)
  t.match(await at.problems(), [`${file}:1:1: users: expected a map of users`])
})

t.test('nobody is found by the name of an object’s own machinery', async t => {
  const at = house(t.testdir())
  const file = at.writeSystem(roster, 'roster.yaml')
  at.writeSystem(`roster: ${file}\n`)
  for (const user of ['constructor', '__proto__', 'toString'])
    t.match(await at.load({ person: { user } }), { mode: 'on', roster: { listed: false } })
})
