// Settings that do not fit one user: each turns off what it is about, says which rule failed, and leaves the rest.

import { chmodSync } from 'node:fs'
import t from 'tap'
import { house } from './house.js'

const address = 'address: "https://vault.example.com"'
const vault = `store: vault\nvault: {${address}}\n`

t.test(
  'a name that cannot stand in a Vault path costs the copy in Vault, by the rule that failed',
  async t => {
    const at = house(t.testdir())
    at.writeUser(`${vault}identity: {organizationUuid: 0b1e6c0a-0000-4000-8000-00000000abcd}\n`)
    const names = {
      'alice@corp.example.com': '"@"',
      'CORP\\alice': '"C"',
      Alice: '"A"',
      'alice smith': '" "',
      '_svc-1': 'begins with a-z or 0-9',
      '-x': 'begins with a-z or 0-9',
      '.x': 'begins with a-z or 0-9',
      élise: '\\u00e9',
      'a/b': '"/"',
      '../bob': '"/"',
      'a..b': 'without ".."',
      '': 'begins with',
    }
    for (const [user, rule] of Object.entries(names)) {
      const config = await at.load({ person: { user } })
      t.match(config, { mode: 'on', store: 'vault', vault: null, misfits: [{ key: 'vault.path' }] })
      t.match(config.identity.organizationUuid, /abcd$/, 'the rest stands')
      const { what, hint } = config.misfits[0] ?? { what: '', hint: '' }
      t.match(what, 'vault.path: expected a user name ', user)
      t.ok(what.includes(rule), `${what} names ${rule}`)
      t.match(what, /\{uid\}, or vault_name in the roster, can stand for it$/)
      t.match(what, /^[\x20-\x7e]+$/, 'in printable ASCII')
      t.match(hint, /^vi (?:\+\d+ )?\//)
    }
    t.match(await at.load({ person: { user: 'alice-2.x_y' } }), { misfits: [] })
  },
)

t.test('{uid} and the roster’s vault_name give every name a way into Vault', async t => {
  const at = house(t.testdir())
  const odd = { user: 'CORP\\alice', uid: process.geteuid?.() ?? 0 }
  at.writeSystem(`store: vault\nvault: {${address}, path: "people/{uid}"}\n`)
  const byNumber = await at.load({ person: odd })
  t.match(byNumber, { misfits: [], vault: { path: `people/${odd.uid}`, vaultName: `${odd.uid}` } })
  const roster = at.writeSystem(
    'users:\n  "CORP\\\\alice": {vault_name: alice}\n  bob: {}\n  eve: {vault_name: bob}\n  mia: {vault_name: Mia}\n',
    'roster.yaml',
  )
  at.writeSystem(`${vault}roster: ${roster}\n`)
  t.match(await at.load({ person: odd }), {
    misfits: [],
    vault: { path: 'workstation/claude-users/alice', vaultName: 'alice' },
  })
  t.match(await at.load({ person: { user: 'bob' } }), { vault: { vaultName: 'bob' } })
  const taken = await at.load({ person: { user: 'eve' } })
  t.match(taken.misfits, [{ what: /vault_name: expected a name that no other user has in Vault/ }])
  t.match(taken.vault, { vaultName: 'eve' }, 'not bob’s document')
  const unplain = await at.load({ person: { user: 'mia' } })
  t.match(unplain.misfits, [{ what: /users\.mia\.vault_name: expected a name of a-z/ }])
})

t.test(
  'a user’s own roster names no document where the machine’s file says whose is whose',
  async t => {
    const at = house(t.testdir())
    const roster = at.writeSystem('users: {alice: {vault_name: bob}}\n', 'own.yaml')
    at.writeSystem(vault)
    at.writeUser(`roster: ${roster}\n`)
    t.match(await at.load(), { vault: { vaultName: 'alice' } })
  },
)

t.test(
  'an address that can’t be made of the name is not asked for; the organization still is',
  async t => {
    const at = house(t.testdir())
    const organizationUuid = '0b1e6c0a-0000-4000-8000-00000000abcd'
    at.writeSystem(
      `identity: {email: "{user}@example.com", organizationUuid: ${organizationUuid}}\n`,
    )
    for (const user of ['CORP alice', 'alice@corp.example', '']) {
      const config = await at.load({ person: { user } })
      if (user !== '')
        t.match(config.misfits, [{ key: 'identity.email', what: /expected an e-mail/ }])
      if (user !== '')
        t.match(config.identity, { email: null, organizationUuid, isEmailPinned: false })
    }
    const roster = at.writeSystem('users: {"CORP alice": {email: a@example.com}}\n', 'roster.yaml')
    at.writeSystem(`roster: ${roster}\nidentity: {email: "{user}@example.com"}\n`)
    const listed = await at.load({ person: { user: 'CORP alice' } })
    t.match(
      listed,
      { misfits: [], identity: { email: 'a@example.com' } },
      'the roster knows better',
    )
  },
)

t.test('a JWT may name a user of any name', async t => {
  const at = house(t.testdir())
  at.writeUser(
    `store: vault\nvault: {${address}, path: "p/{uid}", auth: {method: jwt, jwtFile: "/run/{user}/jwt"}}\n`,
  )
  const auth = { subject: 'alice smith@corp', jwtFile: '/run/alice smith@corp/jwt' }
  t.match(await at.load({ person: { user: 'alice smith@corp' } }), { misfits: [], vault: { auth } })
})

const off = {
  'client: "/opt/{team}/claude"': { client: null },
  'roster: /nowhere/roster.yaml': { roster: { listed: false } },
  'alerts: {slack: {webhookFile: "/etc/{team}"}, runbook: "https://example.com"}': {
    alerts: { slack: null, runbook: 'https://example.com' },
  },
  'alerts: {command: [logger]}': { alerts: { command: null } },
  'alerts: {email: {to: []}}': { alerts: { email: null } },
  'alerts: {email: {from: ops@example.com}}': { alerts: { email: null } },
  'alerts: {beforeLoginEnds: [1s, 2d]}': { alerts: { beforeLoginEndsMs: [172_800_000] } },
  'renewal: {launchWait: 1h, at: 40%}': { renewal: { launchWaitMs: 10_000, renewAt: 0.4 } },
  'renewal: {verifyEvery: 1s}': { renewal: { verifyEveryMs: 3_600_000 } },
  // Never one of our own making in its place.
  'local: {keyFile: "/run/{team}/key"}': { local: { keyFile: '/run/{team}/key' } },
  'profiles: [{name: work, folder: ~/a}, {name: work, folder: ~/b}]': {
    profiles: [{ name: 'work' }],
  },
  'store: vault': { store: 'vault', vault: null },
  [`store: vault\nvault: {${address}, timeout: 2h}`]: { vault: { timeoutMs: 3000 } },
  [`store: vault\nvault: {${address}, path: "x/{team}"}`]: { vault: null },
  [`store: vault\nvault: {${address}, path: "../{user}"}`]: { vault: null },
  [`store: vault\nvault: {${address}, caCert: "/etc/{team}"}`]: { vault: null },
  [`store: vault\nvault: {${address}, auth: {tokenFile: "/run/{team}"}}`]: { vault: null },
  [`store: vault\nvault: {${address}, auth: {method: jwt}}`]: { vault: null },
  [`store: vault\nvault: {${address}, auth: {jwtFile: /run/x}}`]: { vault: null },
  'store: vault\nvault: {address: "http://vault.example.com"}': { vault: null },
}

/** Sections of an admin's commands, with how many mistakes are in each. */
const admins: Record<string, number> = {
  'fleet: {silentAfter: soon}': 1,
  'fleet: {silentAftr: 26h, page: 7}': 2,
  'fleet: [a, b]': 1,
  'changes: [{repositry: /srv/infra.git}]': 3,
  'changes: many': 1,
  'rosterFrom: {repository: 7}': 2,
  'base: {maxDeleted: none}': 1,
  'offboard: yes': 1,
}

for (const [text, mistakes] of Object.entries(admins))
  t.test(`${text}: no login is held up, and an admin’s command is`, async t => {
    const at = house(t.testdir())
    at.writeSystem(`custody: sole\n${text}\n`)
    for (const cached of [true, true, false]) {
      const loaded = await at.load({ cached })
      t.match(loaded, { mode: 'on', custody: 'sole' })
      t.equal(loaded.misfits.length, mistakes, JSON.stringify(loaded.misfits))
      if (text.startsWith('fleet')) t.notOk(loaded.fleet.publish)
    }
    await t.rejects(at.load({ isForAdmin: true }), { code: 'config-invalid' })
  })

t.test('of a user’s section that is wrong nothing is overruled that they never wrote', async t => {
  const at = house(t.testdir())
  at.writeSystem('fleet: {publish: true}\nendpoints: {api: "https://a.example.com"}\n')
  at.writeUser('fleet: {silentAfter: soon}\nendpoints: {api: "https://b.example.com"}\n')
  const loaded = await at.load()
  t.match(loaded, { fleet: { publish: true }, misfits: [{ key: 'fleet.silentAfter' }] })
  t.same(loaded.overruled, ['endpoints.api'])
})

t.test('beside a mistake in an admin’s section any other still counts', async t => {
  const at = house(t.testdir())
  at.writeSystem('changes: many\ncustody: maybe\n')
  await t.rejects(at.load(), { code: 'config-invalid', message: /custody/ })
})

for (const [text, config] of Object.entries(off))
  t.test(`${text.replaceAll('\n', ' ')}: the rest stands`, async t => {
    const at = house(t.testdir())
    at.writeUser(`${text}\nonSignInRequired: fail\n`)
    const loaded = await at.load()
    t.match(loaded, { mode: 'on', onSignInRequired: 'fail', custody: 'shared', ...config })
    t.equal(loaded.misfits.length, 1, JSON.stringify(loaded.misfits))
    t.equal(loaded.renewal.via, 'grant')
  })

t.test(
  'a roster that is not believed, or can’t be parsed, says nothing, until it is mended',
  async t => {
    const at = house(t.testdir())
    const roster = at.writeSystem('users: {alice: {email: a@example.com}}\n', 'roster.yaml')
    at.writeSystem(`roster: ${roster}\n`)
    t.match(await at.load({ cached: true }), { misfits: [], identity: { email: 'a@example.com' } })
    chmodSync(roster, 0o666)
    const loaded = await at.load({ cached: true })
    t.match(loaded, { mode: 'on', identity: { email: null }, misfits: [{ key: 'roster' }] })
    t.match(loaded.misfits[0], { what: /not believed/, hint: /^chmod go-w / })
    chmodSync(roster, 0o644)
    t.match(await at.load({ cached: true }), { misfits: [], identity: { email: 'a@example.com' } })
    at.writeSystem('users: [\n', 'roster.yaml')
    t.match(await at.load({ cached: true }), { misfits: [{ what: /roster\.yaml:2/ }] })
  },
)
