// The configuration from files to values, and every way in which a file can be wrong.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { configFiles } from '../../src/config/config.js'
import { house } from './house.js'

const inputs = join(dirname(fileURLToPath(import.meta.url)), 'inputs')
const good = (name: string) => readFileSync(join(inputs, 'good', `${name}.yaml`), 'utf8')

const defaults = {
  mode: 'on',
  off: null,
  client: null,
  identity: { organizationUuid: null, email: null, accountUuid: null, isEmailPinned: false },
  roster: null,
  credential: 'login',
  store: 'local',
  vault: null,
  vaultServer: null,
  local: { keyFile: null },
  custody: 'shared',
  renewal: { via: 'grant', renewAt: 0.5, verifyEveryMs: 3_600_000, launchWaitMs: 10_000 },
  alerts: {
    slack: null,
    teams: null,
    email: null,
    command: null,
    runbook: null,
    beforeLoginEndsMs: [604_800_000, 259_200_000, 86_400_000],
  },
  onSignInRequired: null,
  endpoints: { oauth: 'https://platform.claude.com', api: 'https://api.anthropic.com' },
  profile: 'default',
  profiles: [],
  overruled: [],
  misfits: [],
}

/** Of a machine whose file says nothing of the side of the admin. */
const noAdmin = (home: string) => ({
  fleet: {
    path: 'workstation/claude-fleet/alice',
    folder: 'workstation/claude-fleet',
    publish: true,
    silentAfterMs: 93_600_000,
    auth: null,
    textfile: null,
    page: null,
  },
  rosterFrom: null,
  offboard: {
    auth: { method: 'token', tokenFile: join(home, '.config/claude-auth/admin-token') },
    waitMs: 604_800_000,
    command: null,
  },
  changes: [],
  base: { folder: null, maxDelete: 25 },
})

t.test('no file at all gives the defaults', async t => {
  const at = house(t.testdir())
  t.same(await at.load(), { ...defaults, ...noAdmin(at.home) })
})

for (const name of ['empty', 'commented-out'])
  t.test(`${name}.yaml gives the defaults`, async t => {
    const at = house(t.testdir())
    at.writeUser(good(name))
    t.same(await at.load(), { ...defaults, ...noAdmin(at.home) })
  })

t.test('every key of a site is resolved', async t => {
  const at = house(t.testdir())
  at.writeSystem(good('site'))
  t.same(await at.load(), {
    mode: 'on',
    off: null,
    client: '/usr/bin/claude',
    identity: {
      organizationUuid: '0b1e6c0a-0000-4000-8000-00000000abcd',
      email: 'alice@example.com',
      accountUuid: '0b1e6c0a-0000-4000-8000-00000000acc0',
      isEmailPinned: true,
    },
    roster: null,
    credential: 'login',
    store: 'vault',
    vault: {
      address: 'https://vault.example.com:8200',
      namespace: 'team/one',
      caCert: '/etc/ssl/vault.pem',
      mount: 'secret',
      template: 'workstation/claude-users/{user}/{host}/{profile}',
      path: 'workstation/claude-users/alice/box/default',
      vaultName: 'alice',
      isPerHost: true,
      timeoutMs: 1500,
      auth: {
        method: 'jwt',
        mount: 'jwt',
        role: 'claude-auth',
        jwtFile: '/run/jwt/alice',
        audience: 'https://vault.example.com',
        subject: 'people:alice',
      },
    },
    vaultServer: {
      address: 'https://vault.example.com:8200',
      namespace: 'team/one',
      caCert: '/etc/ssl/vault.pem',
      mount: 'secret',
      template: 'workstation/claude-users/{user}/{host}/{profile}',
      timeoutMs: 1500,
    },
    local: { keyFile: '/run/credentials/claude-auth/key' },
    custody: 'sole',
    renewal: { via: 'grant', renewAt: 0.375, verifyEveryMs: 1_800_000, launchWaitMs: 2500 },
    alerts: {
      slack: { webhookFile: '/etc/claude-auth/slack-webhook' },
      teams: null,
      email: null,
      command: ['/usr/bin/logger', '-t', 'claude-auth'],
      runbook: 'https://example.com/runbook#login',
      beforeLoginEndsMs: [1_209_600_000, 86_400_000],
    },
    onSignInRequired: 'fail',
    endpoints: { oauth: 'http://127.0.0.1:4100', api: 'http://[::1]:4101' },
    profile: 'default',
    profiles: [{ name: 'work', folder: join(at.home, '.claude-work') }],
    ...noAdmin(at.home),
    overruled: [],
    misfits: [],
  })
})

t.test('Vault is signed in to with the token beside the configuration by default', async t => {
  const at = house(t.testdir())
  at.writeUser('store: vault\nvault: {address: "https://vault.example.com"}\n')
  const { vault } = await at.load()
  t.match(vault, { mount: 'secret', path: 'workstation/claude-users/alice', timeoutMs: 3000 })
  t.equal(vault?.isPerHost, false)
  t.same(vault?.auth, { method: 'token', tokenFile: join(dirname(at.user), 'vault-token') })
})

t.test('names in Vault are taken as Vault prints them, with slashes at either end', async t => {
  const at = house(t.testdir())
  const vault = async (more: string) => {
    at.writeUser(`store: vault\nvault: {address: "https://vault.example.com/", ${more}}\n`)
    return (await at.load()).vault
  }
  for (const [said, mount] of [
    ['secret/', 'secret'],
    ['/secret', 'secret'],
    ['/kv/team/', 'kv/team'],
    ['kv//team//', 'kv/team'],
    ['s', 's'],
  ])
    t.equal((await vault(`mount: "${said}"`))?.mount, mount, `${said}`)
  for (const said of ['/people/{user}', 'people/{user}/', '//people//{user}'])
    t.equal((await vault(`path: "${said}"`))?.path, 'people/alice', said)
  for (const said of ['team/one/', '/team/one'])
    t.equal((await vault(`namespace: "${said}"`))?.namespace, 'team/one', said)
  for (const said of ['ci/', '/ci', 'auth/ci/'])
    t.match(
      (await vault(`auth: {method: jwt, jwtFile: /run/jwt, mount: "${said}"}`))?.auth,
      { mount: 'ci' },
      said,
    )
})

t.test('an address of Vault that goes on to its API or pages is told', async t => {
  const at = house(t.testdir())
  const load = async (address: string) => {
    at.writeUser(`store: vault\nvault: {address: "${address}"}\n`)
    return (await at.load()).vault?.address
  }
  for (const end of ['/v1', '/v1/', '/vault/v1', '/ui', '/ui/vault/secrets']) {
    t.equal(await load(`https://vault.example.com:8200${end}`), undefined, end)
    const what = /vault\.address: expected the address of the server alone, without \/(?:v1|ui)/
    t.match(await at.problems(), [what], end)
  }
  for (const end of ['', '/vault', '/v1x', '/team/v1x/'])
    t.equal(
      await load(`https://vault.example.com${end}`),
      `https://vault.example.com${end.replace(/\/$/, '')}`,
    )
})

t.test(
  'a JWT must name this very user, and be made out for anything at all, by default',
  async t => {
    const at = house(t.testdir())
    at.writeUser(
      'store: vault\nvault: {address: "https://vault.example.com", auth: {method: jwt, jwtFile: /run/jwt}}\n',
    )
    t.match((await at.load()).vault?.auth, { audience: null, subject: 'alice' })
  },
)

t.test('off is a word, not a boolean, and says which file said it', async t => {
  const at = house(t.testdir())
  at.writeUser(good('switched-off'))
  t.match(await at.load(), { mode: 'off', off: { because: 'config', file: at.user } })
})

t.test('an alias may be used a few times', async t => {
  const at = house(t.testdir())
  at.writeUser(good('aliases'))
  t.same((await at.load()).alerts.beforeLoginEndsMs, [3_600_000])
})

t.test('store: none shares the refresh token with the client', async t => {
  const at = house(t.testdir())
  at.writeUser('store: none\n')
  t.match(await at.load(), { store: 'none', custody: 'shared' })
})

t.test('a listed login folder is a profile, another is left alone', async t => {
  const at = house(t.testdir())
  at.writeUser('profiles: [{name: work, folder: ~/.claude-work}]\ncustody: sole\n')
  const work = { CLAUDE_CONFIG_DIR: join(at.home, '.claude-work/') }
  t.match(await at.load({ env: work }), { profile: 'work', mode: 'on', custody: 'sole' })
  t.match(await at.load({ env: { CLAUDE_CONFIG_DIR: '/elsewhere' } }), {
    profile: null,
    mode: 'off',
    off: { because: 'folder-not-listed', file: null },
    store: 'none',
    custody: 'shared',
  })
})

t.test('a second profile may not share the Vault document of the first', async t => {
  const at = house(t.testdir())
  at.writeUser(
    'store: vault\nvault: {address: "https://vault.example.com"}\nprofiles: [{name: work, folder: ~/w}]\n',
  )
  t.equal((await at.load()).profile, 'default')
  t.match(await at.problems({ env: { CLAUDE_CONFIG_DIR: join(at.home, 'w') } }), [
    'vault.path: expected {profile} in it',
  ])
})

t.test('a path for the whole machine must tell its users apart', async t => {
  const at = house(t.testdir())
  const vault = (more: string) => `store: vault\nvault: {address: "https://v.example.com"${more}}\n`
  const words =
    /vault\.path: expected \{user\} or \{uid\} between slashes, else all users share one document/
  for (const path of ['claude', 'x/{host}', 'x/a{user}', '{user}.json', '{profile}/x-{user}']) {
    at.writeSystem(vault(`, path: "${path}"`))
    t.match(await at.problems(), [words], path)
  }
  for (const path of ['{user}', '{user}/x', 'x/{user}', 'x/{user}/{host}']) {
    at.writeSystem(vault(`, path: "${path}"`))
    t.equal((await at.load()).vault?.path, path.replace('{user}', 'alice').replace('{host}', 'box'))
  }
  at.writeSystem(vault(''))
  t.equal((await at.load()).vault?.path, 'workstation/claude-users/alice', 'nothing said')
  at.writeUser('vault: {path: people/of-alice}\n')
  t.equal((await at.load()).vault?.path, 'people/of-alice', "a user's own file may")
  at.writeSystem(vault(', path: "all"'))
  t.match(await at.problems(), [words], 'what the machine pins is judged')
})

t.test('the clients of two hosts may not spend one document’s token', async t => {
  const at = house(t.testdir())
  const by = (via: string, path: string) =>
    `store: vault\nrenewal: {via: ${via}}\nvault: {address: "https://v.example.com"${path}}\n`
  at.writeUser(by('client', ''))
  t.match(await at.problems(), [/renewal\.via: expected grant, or \{host\} in vault\.path/])
  at.writeUser(by('client', ', path: "x/{user}/{host}"'))
  t.match(await at.load(), { renewal: { via: 'client' }, vault: { isPerHost: true } })
  at.writeUser(by('grant', ''))
  t.match(await at.load(), { renewal: { via: 'grant' } })
  at.writeUser('renewal: {via: client}\n')
  t.match(await at.load(), { store: 'local', renewal: { via: 'client' } }, 'one host alone')
})

t.test('the files that a launch watches are named with their existence', async t => {
  const at = house(t.testdir())
  at.writeSystem('mode: on\n')
  t.same(configFiles({ systemConfig: at.system, userConfig: at.user }), [
    { kind: 'system', path: at.system, exists: true },
    { kind: 'user', path: at.user, exists: false },
  ])
})

t.test('every bad input says where it is bad and what was expected', async t => {
  for (const name of readdirSync(join(inputs, 'bad'))) {
    const text = readFileSync(join(inputs, 'bad', name), 'utf8')
    const expected = [...text.matchAll(/^# expect: (.*)$/gm)].map(match => match[1] ?? '')
    const at = house(t.testdir())
    at.writeUser(text)
    const problems = await at.problems()
    t.equal(problems.length, expected.length, `${name}: ${problems.join(' | ')}`)
    for (const line of expected)
      t.ok(
        problems.some(problem => problem.includes(line)),
        `${name}: ${line} in ${problems.join(' | ')}`,
      )
    t.notMatch(problems.join(), 'secret-word', `${name} keeps its secret`)
  }
})

t.test('the first problem is shown, the others are counted', async t => {
  const at = house(t.testdir())
  at.writeUser('renewal: {at: half, via: me}\nstore: cloud\n')
  const error = await at.failure()
  t.equal(error.code, 'config-invalid')
  t.equal(error.exitCode, 2)
  t.equal(error.hint, `vi +1 ${at.user}`)
  t.equal(
    error.message,
    `${at.user}:1:15: renewal.at: expected a percentage such as 50%, got "half" (and 2 more)`,
  )
})

t.test('problems of both files are told together', async t => {
  const at = house(t.testdir())
  const system = at.writeSystem('store: cloud\n')
  at.writeUser('custody: none\n')
  t.match(await at.problems(), [`${system}:1:8: store:`, '1:10: custody:'])
})
