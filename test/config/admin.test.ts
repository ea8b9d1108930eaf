// What the configuration says of the side of the admin: fleet, roster, offboarding, changes and the shared base.

import { join } from 'node:path'
import t from 'tap'
import { house } from './house.js'

const site = `
vault: {address: "https://vault.example.com", path: "people/{user}/{host}"}
fleet:
  path: /people-fleet/{user}/
  publish: false
  silentAfter: 2d
  tokenFile: /etc/claude-auth/fleet-token
  textfile: /var/lib/node_exporter/textfile_collector/claude_auth.prom
  page: /var/www/claude-auth/index.html
rosterFrom: {repository: /srv/infra.git, file: scripts/roster.yaml}
offboard: {tokenFile: ~/admin-token, wait: 3d, command: [/usr/local/sbin/site-offboard, --now]}
changes:
  - {name: infra, repository: /srv/infra.git, branch: master, url: "https://forge.example.com/{sha}", reason: Why, maxDeleted: 5, pusher: GL_USER}
  - {name: docs, repository: "ssh://git@forge.example.com/docs.git"}
base: {folder: /srv/claude-base, maxDelete: 3}
`

t.test('a site says all of it in the file of the machine', async t => {
  const at = house(t.testdir())
  at.writeSystem(site)
  const config = await at.load()
  t.equal(config.store, 'local', 'its Vault is known, whatever the store of a user is')
  t.match(config.vaultServer, {
    address: 'https://vault.example.com',
    template: 'people/{user}/{host}',
  })
  t.same(config.fleet, {
    path: 'people-fleet/alice',
    folder: 'people-fleet',
    publish: false,
    silentAfterMs: 172_800_000,
    auth: { method: 'token', tokenFile: '/etc/claude-auth/fleet-token' },
    textfile: '/var/lib/node_exporter/textfile_collector/claude_auth.prom',
    page: '/var/www/claude-auth/index.html',
  })
  t.same(config.rosterFrom, {
    repository: '/srv/infra.git',
    ref: 'HEAD',
    file: 'scripts/roster.yaml',
  })
  t.same(config.offboard, {
    auth: { method: 'token', tokenFile: join(at.home, 'admin-token') },
    waitMs: 259_200_000,
    command: ['/usr/local/sbin/site-offboard', '--now'],
  })
  t.same(config.changes, [
    {
      name: 'infra',
      repository: '/srv/infra.git',
      branch: 'master',
      url: 'https://forge.example.com/{sha}',
      reason: 'Why',
      maxDeleted: 5,
      pusher: 'GL_USER',
    },
    {
      name: 'docs',
      repository: 'ssh://git@forge.example.com/docs.git',
      branch: 'main',
      url: null,
      reason: 'body',
      maxDeleted: 25,
      pusher: null,
    },
  ])
  t.same(config.base, { folder: '/srv/claude-base', maxDelete: 3 })
  t.same(config.misfits, [])
})

t.test('the one who looks can sign in with a JSON Web Token', async t => {
  const at = house(t.testdir())
  at.writeSystem('fleet: {auth: {method: jwt, jwtFile: /run/jwt, role: claude-auth-fleet}}\n')
  const { fleet } = await at.load()
  t.match(fleet.auth, {
    method: 'jwt',
    role: 'claude-auth-fleet',
    jwtFile: '/run/jwt',
    mount: 'jwt',
  })
})

t.test('what the machine says of it, a user does not change', async t => {
  const at = house(t.testdir())
  at.writeSystem('fleet: {publish: true, page: /var/www/a.html}\nbase: {maxDelete: 3}\n')
  at.writeUser('fleet: {publish: false, page: /tmp/b.html}\nbase: {maxDelete: 1000}\n')
  const { fleet, base, overruled } = await at.load()
  t.match(fleet, { publish: true, page: '/var/www/a.html' })
  t.equal(base.maxDelete, 3)
  t.same(overruled, ['fleet.publish', 'fleet.page', 'base.maxDelete'])
})

t.test('what is wrong in it is named, and costs no more than itself', async t => {
  const at = house(t.testdir())
  at.writeSystem(`
fleet: {path: people/fleet}
offboard: {wait: 9999d, command: [site-offboard]}
changes:
  - {name: infra, repository: /srv/a.git}
  - {name: infra, repository: /srv/b.git}
`)
  const { misfits, fleet, offboard, changes } = await at.load()
  t.same(
    misfits.map(({ key }) => key),
    ['fleet.path', 'offboard.command[0]', 'offboard.wait', 'changes[1].name'],
  )
  t.equal(fleet.path, null, 'no record is published anywhere else')
  t.match(offboard, { waitMs: 604_800_000, command: null })
  t.same(
    changes.map(({ repository }) => repository),
    ['/srv/a.git'],
  )
})

for (const [wrong, expected] of [
  ['fleet: {publish: yes-please}', 'true or false'],
  ['base: {maxDelete: -1}', 'a whole number that is not negative'],
  ['base: {maxDelete: 1.5}', 'a whole number'],
  ['changes: {name: infra}', 'a list of {name, repository, branch}'],
  ['changes: [{name: infra, repository: --upload-pack=x}]', 'a repository such as /srv/infra.git'],
  ['rosterFrom: {repository: /srv/a.git, file: ../../etc/shadow}', 'a path inside the repository'],
  ['rosterFrom: {repository: /srv/a.git}', 'rosterFrom.file: expected a map such as {repository'],
] as const)
  t.test(`${wrong} is refused with what was expected`, async t => {
    const at = house(t.testdir())
    at.writeUser(`${wrong}\n`)
    t.match((await at.problems()).join('\n'), expected)
  })
