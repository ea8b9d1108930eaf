// `claude-auth fleet` as it is typed: its files, its exit codes, and what it says where something is missing.

import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { recordText } from '../../src/fleet/record.js'
import { healthRecord, lookPolicy, putRecords, tokenWith } from '../kit/fleet-site.js'
import { type OpenBao, openBao } from '../kit/openbao.js'
import { run } from '../kit/run.js'
import { vaultGateway } from '../kit/vault-gateway.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

const isRoot = process.geteuid?.() === 0

interface Desk {
  folder: string
  fleet: (...words: string[]) => ReturnType<typeof run>
}

/** A home whose configuration is that of who looks. */
function desk(t: Test, config: string, files: Record<string, string> = {}): Desk {
  const folder = t.testdir()
  for (const [name, text] of Object.entries({ 'config.yaml': config, ...files }))
    writeFileSync(join(folder, name), text.replaceAll('@folder@', folder), { mode: 0o600 })
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    CLAUDE_AUTH_CONFIG: join(folder, 'config.yaml'),
  }
  return {
    folder,
    fleet: (...words) => run('node', [program, 'fleet', ...words], { cwd: '/', env }),
  }
}

const configOf = (address: string, more = '') =>
  `vault: {address: '${address}', timeout: 1s}\nfleet: {tokenFile: '@folder@/token'}\n${more}`

async function site(t: Test): Promise<{ bao: OpenBao; token: string }> {
  const bao = await openBao(t)
  for (const user of ['alice', 'bob']) await bao.put(user, { claude_login: 'sk-ant-ort01-planted' })
  await putRecords(bao, 'alice', { ws1: {} })
  await putRecords(bao, 'bob', {
    ws1: { verdict: 'sign-in', because: 'grant-refused' },
    ws2: 'x'.repeat(512),
  })
  return { bao, token: await tokenWith(bao, lookPolicy()) }
}

const roster = 'users:\n  alice: {}\n  bob: {}\n  carol: {}\n'

t.test('people and programs are told the same, and the files are whole', async t => {
  const { bao, token } = await site(t)
  const config = configOf(bao.address, "roster: '@folder@/roster.yaml'\n")
  const { folder, fleet } = desk(t, config, { token, 'roster.yaml': roster })
  const page = join(folder, 'index.html')
  const textfile = join(folder, 'claude_auth.prom')
  const text = await fleet('--page', page, '--textfile', textfile)
  t.match(text, { code: 3, stderr: '' })
  t.match(
    text.stdout,
    /2 of 3 users in Vault need something.*bob on ws1.*claude-auth login.*carol/s,
  )
  t.equal(statSync(page).mode & 0o777, 0o640)
  t.equal(statSync(textfile).mode & 0o777, 0o644)
  t.match(readFileSync(textfile, 'utf8'), 'claude_auth_users{state="sign-in"} 1')
  t.match(
    readFileSync(textfile, 'utf8'),
    /claude_auth_backed_up_timestamp_seconds\{user="bob"\} \d/,
  )
  const json = await fleet('--json')
  t.equal(json.code, 3)
  t.match(JSON.parse(json.stdout), {
    schemaVersion: 1,
    source: 'vault',
    verdict: 'sign-in',
    counts: { 'sign-in': 1, never: 1, ok: 1 },
    users: [{ user: 'bob', host: 'ws1', state: 'sign-in' }],
  })
  const well = await fleet('--only', 'ok')
  t.match(well, { code: 0, stdout: /alice on ws1/ })
  const all = [
    text.stdout,
    json.stdout,
    well.stdout,
    readFileSync(page, 'utf8'),
    readFileSync(textfile, 'utf8'),
  ]
  for (const each of all) for (const secret of [token, 'planted']) t.notMatch(each, secret)
})

t.test('what is wrong is one line, and nothing is half written', async t => {
  const { bao, token } = await site(t)
  const cases: [string, string, Record<string, string>, number, RegExp][] = [
    ['no token', configOf(bao.address), {}, 2, /there is no Vault token for this/],
    ['a dead token', configOf(bao.address), { token: 'hvs.CAESdead' }, 5, /is not valid/],
    [
      'no Vault',
      configOf('http://127.0.0.1:9'),
      { token },
      5,
      /Vault can't be reached|ECONNREFUSED/,
    ],
  ]
  for (const [name, config, files, code, words] of cases) {
    const { folder, fleet } = desk(t, config, files)
    const page = join(folder, 'index.html')
    writeFileSync(page, 'before')
    const said = await fleet('--page', page, '--textfile', join(folder, 'a.prom'))
    t.match(said, { code, stdout: '', stderr: words }, name)
    t.equal(readFileSync(page, 'utf8'), 'before', name)
    t.same(
      readdirSync(folder).filter(each => /prom|tmp/.test(each)),
      [],
      name,
    )
  }
  const { fleet } = desk(t, configOf(bao.address), { token })
  t.match(await fleet('--only', 'sleepy'), { code: 2, stderr: /--only takes broken, sign-in/ })
  const nowhere = await fleet('--page', '/nonexistent/index.html')
  t.match(nowhere, { code: 1, stderr: /\/nonexistent/ })
})

t.test('Vault that goes away in the middle leaves nothing half told', async t => {
  const { bao, token } = await site(t)
  const gateway = await vaultGateway(t, bao)
  gateway.instead = ({ path }) => {
    if (!path.includes('claude-users')) return null
    void gateway.shut()
    return 'hang'
  }
  const { folder, fleet } = desk(t, configOf(gateway.address), { token })
  const page = join(folder, 'index.html')
  const said = await fleet('--json', '--page', page)
  t.equal(said.code, 5)
  t.match(JSON.parse(said.stdout), { verdict: 'no-answer', users: [] })
  t.notOk(existsSync(page))
})

t.test('a roster that is missing or empty makes nobody a stranger, and is told', async t => {
  const { bao, token } = await site(t)
  for (const [text, words] of [
    [null, /there is no roster/],
    ['users: {}\n', /lists nobody/],
    ['users: [\n', /can't be read/],
  ] as const) {
    const config = configOf(bao.address, "roster: '@folder@/roster.yaml'\n")
    const { folder, fleet } = desk(
      t,
      config,
      text === null ? { token } : { token, 'roster.yaml': text },
    )
    const textfile = join(folder, 'a.prom')
    const said = await fleet('--json', '--textfile', textfile)
    t.match(said.stderr, words)
    t.match(JSON.parse(said.stdout), { counts: { stranger: 0, never: 0 } })
    t.match(readFileSync(textfile, 'utf8'), 'claude_auth_fleet_run_success 0')
  }
})

const steering = '\u001b]52;c;aGk=\u0007\u009b31m\u202e\u200b'

for (const [name, answer, code, words] of [
  [
    'rights of a token',
    (path: string) =>
      path.includes('capabilities')
        ? { data: { 'secret/data/x/nobody/default': [`sudo${steering}`] } }
        : null,
    4,
    /more than look: secret\/data\/x\/nobody\/default \(sudo\w*\);/,
  ],
  [
    'a folder',
    (path: string) =>
      /\/metadata\/x\/\?/.test(path) ? { data: { keys: [`a${steering}/`] } } : null,
    5,
    /418 for secret\/metadata\/x\/a\w*\//,
  ],
] as const)
  t.test(`what Vault calls ${name} does not steer a terminal`, async t => {
    const server = createServer(({ url = '' }, reply) => {
      const said = answer(url)
      const isOdd = decodeURIComponent(url).includes(steering)
      reply.writeHead(said === null ? (isOdd ? 418 : 404) : 200)
      reply.end(JSON.stringify(said ?? { errors: [] }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const config = configOf(address).replace(
      'timeout: 1s',
      "timeout: 5s, path: 'x/{user}/{profile}'",
    )
    const { fleet } = desk(t, config, { token: 'hvs.CAESlookingtoken' })
    const said = await fleet()
    t.match(said, { code, stderr: words })
    t.notMatch(
      said.stdout + said.stderr.trimEnd(),
      /(?!\n)[\p{C}\p{Default_Ignorable_Code_Point}]/u,
    )
  })

t.test('a token that may do more than look is told', async t => {
  const { bao } = await site(t)
  const more = 'path "secret/data/workstation/claude-users/*" { capabilities = ["read"] }'
  const token = await tokenWith(bao, `${lookPolicy()}\n${more}`)
  const { fleet } = desk(t, configOf(bao.address), { token })
  t.match(await fleet(), { code: 3, stderr: /may do more than look: secret\/data\/.*\(read\)/ })
})

t.test('who reads only the beginning ends it', async t => {
  const users = Array.from({ length: 20_000 }, (_, at) => `u${String(at).padStart(5, '0')}`)
  const gateway = await vaultGateway(t, null)
  const key_info = Object.fromEntries(
    users.map(user => [user, { updated_time: '2020-01-01T00:00:00Z', current_version: 1 }]),
  )
  gateway.instead = ({ path }) =>
    path.includes('detailed-metadata/workstation/claude-users')
      ? { status: 200, body: JSON.stringify({ data: { keys: users, key_info } }) }
      : { status: 404, body: '{"errors":[]}' }
  const { folder } = desk(t, configOf(gateway.address), { token: 'hvs.CAESlook' })
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    CLAUDE_AUTH_CONFIG: join(folder, 'config.yaml'),
  }
  const command = `node ${program} fleet | head -n 3; echo "\${PIPESTATUS[0]}"`
  const { stdout } = await run('bash', ['-c', command], { cwd: '/', env })
  t.match(stdout, /20000 of 20000 users/)
  t.equal(stdout.trim().split('\n').length, 4)
})

t.test('homes of this machine are read where there is no Vault', async t => {
  const { folder, fleet } = desk(t, '{}\n')
  const state = join(folder, '.claude/.claude-auth')
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const said = JSON.parse((await fleet('--json')).stdout)
  t.match(said, { source: 'homes', schemaVersion: 1 })
})

t.test('a user who may not read the token sees their own login', { skip: !isRoot }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-other-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [token, config] = [join(folder, 'token'), join(folder, 'config.yaml')]
  writeFileSync(token, 'hvs.CAESlook', { mode: 0o600 })
  writeFileSync(config, configOf('http://127.0.0.1:9').replaceAll('@folder@', folder))
  const state = join(folder, '.claude/.claude-auth')
  mkdirSync(state, { recursive: true })
  const text = recordText(healthRecord())
  writeFileSync(join(state, 'health.json'), String(text), { mode: 0o600 })
  for (const path of [folder, join(folder, '.claude'), state, config, join(state, 'health.json')])
    chownSync(path, 65533, 65533)
  const env = `PATH=/usr/bin:/bin HOME=${folder} CLAUDE_AUTH_CONFIG=${config}`.split(' ')
  const words = ['--reuid=65533', '--regid=65533', '--clear-groups', 'env', '-i', ...env]
  const { stdout } = await run(
    'setpriv',
    [...words, process.execPath, program, 'fleet', '--json'],
    {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
    },
  )
  const seen = JSON.parse(stdout)
  t.match(seen, { source: 'homes', verdict: 'ok' })
  t.equal(seen.users.length, 1)
  t.match(seen.users[0], { user: '65533', state: 'ok' })
})

t.test(
  'the timer is installed only where something is to be written, and goes with it',
  async t => {
    const root = join(t.testdir(), 'root')
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    put('etc/passwd', '')
    put('usr/lib/systemd/systemd', '')
    const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }
    const install = (command: string) =>
      run('node', [program, command, '--system', '--root', root, '--yes'], { cwd: '/', env })
    const units = () =>
      existsSync(join(root, 'etc/systemd/system'))
        ? readdirSync(join(root, 'etc/systemd/system'), { recursive: true }).filter(name =>
            String(name).includes('claude-auth-fleet'),
          )
        : []
    t.match(await install('install'), { code: 0 })
    t.same(units(), [])
    const config = join(root, 'etc/claude-auth/config.yaml')
    writeFileSync(config, `${readFileSync(config, 'utf8')}\nfleet: {page: /var/www/index.html}\n`)
    t.match(await install('install'), { code: 0 })
    t.same(units().sort(), [
      'claude-auth-fleet.service',
      'claude-auth-fleet.timer',
      'timers.target.wants/claude-auth-fleet.timer',
    ])
    writeFileSync(config, readFileSync(config, 'utf8').replace(/\nfleet:.*\n/, '\n'))
    t.match(await install('install'), { code: 0 })
    t.same(units(), [])
    t.match(await install('uninstall'), { code: 0 })
  },
)
