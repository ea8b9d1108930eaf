// The command `ensure`: its flags, and what a program that reads its output can rely on.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { flagsOf } from '../../src/cli/ensure-flags.js'
import { worstCode } from '../../src/engine/login-context.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

t.test('an asker that does not exist is a usage error', async t => {
  for (const known of ['launch', 'soon', 'hook', 'timer', 'sign-in'])
    t.equal(flagsOf(['--for', known]).for, known)
  t.throws(() => flagsOf(['--for', 'bogus']), { code: 'usage', message: /shell, not bogus/ })
  t.throws(() => flagsOf(['--bogus']), { code: 'usage' })
})

t.test(
  'the environment of a run can be handed over on stdin, and then only that counts',
  async t => {
    const box = await sandbox(t, { login: 'expired' })
    const theirs = await sandbox(t)
    const hostile = {
      CLAUDE_AUTH_CONFIG: theirs.home.configFile,
      HOME: theirs.home.path,
      CLAUDE_CONFIG_DIR: theirs.home.paths.folder,
      HTTPS_PROXY: theirs.proxy.url,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    }
    const input = Object.entries(box.env)
      .map(entry => `${entry.join('=')}\n`)
      .join('')
    const handed = ['--for', 'hook', '--environ-on-stdin']
    const ended = await box.ensure(handed, { env: hostile, input })
    t.match(ended, { code: 0, outcome: { verdict: 'ok' } })
    t.equal(box.authority.counts().rotations, 1)
    t.same([theirs.authority.requests, theirs.proxy.connects], [[], []])
  },
)

t.test('the timer leaves one line where somebody needs to sign in, and else none', async t => {
  const box = await sandbox(t, { login: 'expired' })
  const well = await box.command(['ensure', '--for', 'timer'])
  t.match(well, { code: 0, stdout: '', stderr: '' })
  const identity = { email: 'ada@example.com' }
  const other = await sandbox(t, { login: 'expired', config: { identity } })
  other.authority.endFamily(other.login()?.accessToken ?? '')
  const dead = await other.command(['ensure', '--for', 'timer'])
  t.match(dead, { code: 3, stdout: '' })
  t.match(
    dead.stderr,
    /^claude-auth: \S+ \(ada@example\.com\) needs to sign in: .+; as \S+: claude-auth login\n$/,
  )
})

t.test('--json prints one object also when the run breaks', async t => {
  const box = await sandbox(t)
  chmodSync(box.home.configFile, 0o666)
  const ended = await box.ensure()
  t.equal(ended.code, 2)
  t.match(ended.stderr, /writable by others[^\n]*\n[^\n]*chmod/)
  t.same(ended.outcome, {
    schemaVersion: 1,
    verdict: 'broken',
    because: 'own-trouble',
    did: [],
    credential: 'none',
    custody: 'shared',
    identity: null,
    expiresAt: null,
    loginEndsAt: null,
    store: { kind: 'none', state: 'empty', version: null },
    steps: [],
    alert: 'off',
  })
})

t.test(
  'in somebody else’s home it does nothing, whatever their configuration says',
  { skip: process.geteuid?.() !== 0 },
  async t => {
    const box = await sandbox(t, { login: 'expired' })
    const { path, configFile, paths } = box.home
    for (const theirs of [path, paths.folder, paths.loginFile, configFile, dirname(configFile)])
      chownSync(theirs, 12345, 12345)
    const { code, outcome, stderr } = await box.ensure()
    t.same({ code, stderr }, { code: 0, stderr: '' })
    t.match(outcome, { verdict: 'ok', because: 'not-ours', did: [], alert: 'off' })
    t.notOk(existsSync(paths.state))
    t.equal(box.authority.requests.length, 0)
  },
)

t.test(
  'in a home that others may write nothing is read or written, and the command to type is told',
  async t => {
    const box = await sandbox(t, { login: 'expired' })
    const { path, paths } = box.home
    const before = readFileSync(paths.loginFile, 'utf8')
    chmodSync(path, 0o777)
    t.match((await box.ensure()).outcome, { verdict: 'attention', because: 'not-ours', did: [] })
    const launched = await box.run(program, ['ensure', '--for', 'launch'])
    t.match(launched.stdout, `launch\nclaude-auth: ${path} is writable by others`)
    t.match(launched.stdout, `type: chmod go-w ${path}`)
    t.equal(readFileSync(paths.loginFile, 'utf8'), before)
    t.notOk(existsSync(paths.state))
    t.equal(box.authority.requests.length, 0)
  },
)

t.test('what is known of the configuration stands in it', async t => {
  const box = await sandbox(t, { config: { custody: 'sole' } })
  // The gate can't be opened.
  mkdirSync(box.home.paths.gate, { recursive: true, mode: 0o700 })
  const { code, outcome } = await box.ensure()
  t.equal(code, 1)
  t.match(outcome, { verdict: 'broken', custody: 'sole', store: { kind: 'local' } })
})

t.test('a reader that has gone is no trouble, nor is a folder that was deleted', async t => {
  const box = await sandbox(t)
  await box.ensure()
  const gone = join(box.home.path, 'gone')
  const lines = [
    `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}'`,
    `for words in 'log --json' log ensure 'ensure --json' --help; do`,
    `  node '${program}' $words 2>&1 >&3 3>&- | sed 's/^/said: /' >&2`,
    'done 3>&1 | true',
  ]
  const ended = await box.run('sh', ['-c', lines.join('\n')])
  t.equal(ended.stderr, '')
})

/** A second login folder of the same person, listed as a profile. */
function profile(box: Sandbox, name: string, expiresAt: number) {
  const folder = join(box.home.path, `.claude-${name}`)
  const file = join(folder, '.credentials.json')
  box.home.write(file, JSON.stringify({ claudeAiOauth: { ...box.signIn(), expiresAt } }))
  const expires = () => JSON.parse(readFileSync(file, 'utf8')).claudeAiOauth.expiresAt as number
  return { folder, file, expires }
}

const listed = (...names: string[]) => ({
  profiles: names.map(name => ({ name, folder: `~/.claude-${name}` })),
})

t.test(
  'the timer renews the login of each profile, also where that of ~/.claude is fresh',
  async t => {
    const config = listed('work', 'odd', 'none')
    const box = await sandbox(t, { login: 'expired', config })
    const [work, odd] = [profile(box, 'work', 0), profile(box, 'odd', 0)]
    writeFileSync(odd.file, '{"claudeAiOauth": 1}')
    const timer = () => box.run(program, ['ensure', '--for', 'timer'])
    const now = Date.now()
    const said = /^claude-auth: \S+( \(\S+\))? needs to sign in to profile odd: [^\n]+\n$/
    t.match(await timer(), { code: 3, stdout: '', stderr: said }, 'the worst of all')
    t.ok((box.login()?.expiresAt ?? 0) > now)
    t.ok(work.expires() > now)
    t.notOk(existsSync(join(box.home.path, '.claude-none')), 'what is not there is not made')
    rmSync(odd.folder, { recursive: true })

    // The configuration of a sandbox is too young for marks at first.
    await setTimeout(50)
    t.match(await box.ensure(['--force']), { code: 0 })
    box.home.write(work.file, JSON.stringify({ claudeAiOauth: { ...box.signIn(), expiresAt: 0 } }))
    t.match(await timer(), { code: 0, stdout: '', stderr: '' })
    t.ok(work.expires() > now)
  },
)

t.test('a login that can’t be looked at keeps none of the others from being renewed', async t => {
  const box = await sandbox(t, { login: 'expired', config: listed('work') })
  const work = profile(box, 'work', 0)
  mkdirSync(box.home.paths.gate, { recursive: true, mode: 0o700 })
  const { code, stderr } = await box.command(['ensure', '--for', 'timer'])
  t.equal(code, 1)
  t.match(stderr, /could not open .*\.claude\/\.claude-auth\/gate/)
  t.ok(work.expires() > Date.now())
})

t.test('of several exit codes the one that needs somebody most', async t => {
  t.equal(worstCode([0, 4, 5, 0]), 5)
  t.equal(worstCode([5, 3]), 3)
  t.equal(worstCode([3, 1]), 1)
  t.equal(worstCode([0, 0]), 0)
})
