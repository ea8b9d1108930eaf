// Faults on the way to a launch: wrapper, hooks, client, Node, timer, locks and alerts.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { knownClients } from '../../src/doctor/client.js'
import { asInstalled, doctor, findsFault, healthy, hooksOf, wrappedPath } from '../kit/doctor.js'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { type Sandbox, type SandboxOptions, sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A home as install leaves it, and how a session in it is started. */
async function installed(t: Test, options: SandboxOptions = {}) {
  const box = await healthy(t, options)
  asInstalled(box)
  return { box, more: { env: wrappedPath(box) } }
}

function settings({ home }: Sandbox, value: unknown) {
  home.write(join(home.path, '.claude/settings.json'), JSON.stringify(value))
}

t.test('installed, nothing is found', async t => {
  const { box, more } = await installed(t)
  const seen = await doctor(box, [], more)
  t.same(seen.faults, [], JSON.stringify(seen.checks.filter(({ state }) => state === 'warn')))
  t.match(seen.check('wrapper'), { state: 'ok' })
  t.match(seen.check('hooks'), { state: 'ok' })
  for (const shell of ['bash', 'sh']) t.match(seen.check(`shell-${shell}`), { state: 'ok' })
})

t.test('wrapper: an old installer has overwritten the link', async t => {
  const { box, more } = await installed(t)
  const version = join(box.home.path, '.local/share/claude/versions/2.1.197')
  box.home.write(version, '#!/bin/sh\necho 2.1.197\n', 0o755)
  const link = join(box.home.path, '.local/bin/claude')
  rmSync(link)
  symlinkSync(version, link)
  const found = await findsFault(t, box, 'wrapper', { fixable: true, more })
  t.match(found.message, "Claude's own installer has replaced the wrapper")
  t.equal(realpathSync(readlinkSync(link)), join(root, 'bin/claude'))
  t.ok(existsSync(version), 'the client stays where it is')
})

t.test('wrapper: the program behind the link is gone', async t => {
  const { box, more } = await installed(t)
  const link = join(box.home.path, '.local/bin/claude')
  rmSync(link)
  symlinkSync('/nowhere/bin/claude', link)
  await findsFault(t, box, 'wrapper', { fixable: false, more })
})

t.test('hooks: gone, incomplete, or of a program that is gone', async t => {
  const { box, more } = await installed(t)
  settings(box, {})
  await findsFault(t, box, 'hooks', { fixable: false, more })
  const { SessionEnd: _, ...some } = hooksOf(root)
  settings(box, { hooks: some })
  const found = await findsFault(t, box, 'hooks', { fixable: false, more })
  t.match(found.message, 'Hooks of claude-auth are missing: SessionEnd.')
  settings(box, { hooks: hooksOf('/nowhere') })
  t.match((await findsFault(t, box, 'hooks', { fixable: false, more })).message, '/nowhere/bin')
})

t.test('hooks-policy: switched off', async t => {
  const { box, more } = await installed(t)
  settings(box, { hooks: hooksOf(root), disableAllHooks: true })
  const found = await findsFault(t, box, 'hooks-policy', { fixable: false, more })
  t.match(found.message, /^disableAllHooks in .*settings\.json disables/)
})

t.test(
  'settings: with a comment the client reads nothing, and nobody is sent to install again',
  async t => {
    const box = await healthy(t)
    const text = JSON.stringify({ hooks: hooksOf(root) })
    box.home.write(join(box.home.path, '.claude/settings.json'), `// mine\n${text}`)
    const { check } = await doctor(box, [])
    t.match(check('settings'), {
      state: 'warn',
      message: /has a comment or a trailing comma in line 1/,
    })
    t.match(check('hooks'), { state: 'note', hint: null })
  },
)

t.test('settings: not JSON', async t => {
  const box = await healthy(t)
  box.home.write(join(box.home.path, '.claude/settings.json'), '{"env":')
  await findsFault(t, box, 'settings', { fixable: false })
})

t.test('settings-mode: writable by others, and readable by them', async t => {
  const box = await healthy(t)
  settings(box, { env: {} })
  const file = join(box.home.path, '.claude/settings.json')
  chmodSync(file, 0o666)
  t.match((await findsFault(t, box, 'settings-mode', { fixable: true })).message, 'may write')
  for (const folder of [box.home.path, box.home.paths.folder]) chmodSync(folder, 0o755)
  chmodSync(file, 0o644)
  t.match((await findsFault(t, box, 'settings-mode', { fixable: true })).message, 'may read')
  for (const each of [file, box.home.paths.clientConfig]) chmodSync(each, 0o666)
  const both = await findsFault(t, box, 'settings-mode', { fixable: true })
  t.equal(both.hint, `chmod go-rwx ${file}`, 'one that leaves nothing to be read')
})

t.test('client: there is none', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { client: null })
  await box.ensure()
  // This one may have a client of its own.
  const machine = await ownMachine(t)
  await machine.sh('rm -f /usr/local/bin/claude /usr/bin/claude')
  const command: typeof box.command = (args, more) =>
    machine.run(join(root, 'bin/claude-auth'), args, { ...more, env: { ...box.env, ...more?.env } })
  const seen = await doctor({ ...box, command }, ['--only', 'client'])
  t.match(seen, { verdict: 'broken', code: 1, faults: ['client'] })
})

t.test('client-version: older than any that was tried', async t => {
  const box = await healthy(t, { client: '#!/bin/sh\necho "1.0.9 (Claude Code)"\n' })
  const found = await findsFault(t, box, 'client-version', { fixable: false })
  t.match(found.message, 'Client 1.0.9 is older than what claude-auth was tested with (2.1.197).')
})

t.test('client-version: known, newer, and between', async t => {
  const version = async (text: string) => {
    const box = await sandbox(t, { client: `#!/bin/sh\necho "${text} (Claude Code)"\n` })
    return (await doctor(box, ['--only', 'client-version'])).check('client-version')
  }
  for (const pinned of knownClients) t.match(await version(pinned), { state: 'ok' }, pinned)
  t.match(await version('2.2.0'), { state: 'note', message: /newer/ })
  t.match(await version('2.1.250'), { state: 'note', message: /not tested itself/ })
})

t.test('node: the recorded one is gone, or too old', async t => {
  const box = await healthy(t)
  const program = join(box.home.path, 'program')
  mkdirSync(program)
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(program, name), { recursive: true })
  const run = async () => {
    const args = [join(program, 'bin/claude-auth'), 'doctor', '--json', '--only', 'node']
    const ended = await box.run(join(box.home.tools, 'node'), args)
    return JSON.parse(ended.stdout).checks[0]
  }
  t.match(await run(), { id: 'node', state: 'ok', message: /is found on PATH/ })
  symlinkSync('/nowhere/node', join(program, 'node'))
  t.match(await run(), { id: 'node', state: 'warn', message: /does not start/ })
  rmSync(join(program, 'node'))
  box.home.write(join(program, 'node'), '#!/bin/sh\necho v18.19.0\n', 0o755)
  t.match(await run(), { id: 'node', state: 'warn', message: /Node 18\.19\.0 is too old/ })
})

/** A systemd that answers as one with this timer does. */
function systemd({ home }: Sandbox, timer: Record<string, string>, service = 'success') {
  const lines = (pairs: Record<string, string>) =>
    Object.entries(pairs).map(([name, value]) => `echo '${name}=${value}'`)
  const all = { LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled', ...timer }
  home.write(
    join(home.tools, 'systemctl'),
    [
      '#!/bin/sh',
      'case "$*" in',
      '"--user show-environment") echo LANG=C.UTF-8 ;;',
      `"--user show claude-auth.timer"*) ${lines(all).join('; ')} ;;`,
      `"--user show claude-auth.service"*) echo Result=${service} ;;`,
      '*) echo LoadState=not-found ;;',
      'esac\n',
    ].join('\n'),
    0o755,
  )
}

const secondsAgo = (seconds: number) => `@${Math.floor(Date.now() / 1000) - seconds}`
/** So that the timer sees what the shell sees. */
const plain = { env: { HTTPS_PROXY: '', NODE_EXTRA_CA_CERTS: '' } }

t.test('timer: stopped, silent, failing', async t => {
  const box = await healthy(t)
  systemd(box, { LastTriggerUSec: secondsAgo(600) })
  const well = await doctor(box, [], plain)
  t.same(well.faults, [])
  t.match(well.check('timer'), { state: 'ok', message: /it last ran 10 min ago/ })

  systemd(box, { ActiveState: 'inactive' })
  const stopped = await findsFault(t, box, 'timer', { fixable: false, more: plain })
  t.equal(stopped.hint, 'systemctl --user enable --now claude-auth.timer')
  systemd(box, { LastTriggerUSec: secondsAgo(3 * 86_400) })
  const silent = await findsFault(t, box, 'timer', { fixable: false, more: plain })
  t.match(silent.message, 'it last ran 3 days ago')
  systemd(box, { LastTriggerUSec: secondsAgo(60) }, 'exit-code')
  const failed = await findsFault(t, box, 'timer', { fixable: false, more: plain })
  t.match(failed.message, 'The last run of the timer failed (exit-code).')
})

t.test("timer: the machine's looks after who has none", async t => {
  const box = await healthy(t)
  const machine = (state: string, result = 'success') =>
    box.home.write(
      join(box.home.tools, 'systemctl'),
      [
        '#!/bin/sh',
        'case "$*" in',
        '*--user*) exit 1 ;;',
        `*"show claude-auth-users.timer"*) echo LoadState=loaded; echo ActiveState=${state}; echo UnitFileState=enabled; echo LastTriggerUSec=${secondsAgo(600)} ;;`,
        `*"show claude-auth@"*) echo Result=${result} ;;`,
        '*) echo LoadState=not-found ;;',
        'esac\n',
      ].join('\n'),
      0o755,
    )
  for (const result of ['success', 'exec-condition']) {
    machine('active', result)
    const found = (await doctor(box, ['--only', 'timer'], plain)).check('timer')
    t.match(found, {
      state: 'ok',
      message: /The machine's timer is on; it last ran 10 min ago/,
    })
  }
  machine('active', 'timeout')
  const failed = (await doctor(box, ['--only', 'timer'], plain)).check('timer')
  t.match(failed, { state: 'warn', hint: /journalctl -u claude-auth@\S+\.service/ })
  machine('inactive')
  const stopped = (await doctor(box, ['--only', 'timer'], plain)).check('timer')
  t.match(stopped, {
    state: 'warn',
    message: "The machine's timer is installed but not running.",
    hint: 'sudo systemctl enable --now claude-auth-users.timer',
  })
})

t.test('timer: a loop of ensure --every is one', async t => {
  const box = await healthy(t)
  let pid = 0
  const loop = box.command(['ensure', '--every', '15m'], { onStart: id => (pid = id) })
  const until = Date.now() + 30_000
  let check = (await doctor(box, ['--only', 'timer'])).check('timer')
  while (check.state !== 'ok' && Date.now() < until)
    check = (await doctor(box, ['--only', 'timer'])).check('timer')
  t.match(check, { state: 'ok', message: /ensure --every` is running/ })
  process.kill(pid, 'SIGKILL')
  await loop
})

t.test('network: the timer does not see the proxy of the shell', async t => {
  const box = await healthy(t)
  systemd(box, { LastTriggerUSec: secondsAgo(600) })
  const found = await findsFault(t, box, 'network', { fixable: false })
  t.match(found.message, 'does not see HTTPS_PROXY and NODE_EXTRA_CA_CERTS of your shell')
})

t.test('network: the file of authorities is not there', async t => {
  const box = await healthy(t)
  const more = { env: { NODE_EXTRA_CA_CERTS: join(box.home.path, 'no-such.pem') } }
  await findsFault(t, box, 'network', { fixable: false, more })
})

t.test(
  'settings: of several entries that the client skips, doctor names the first and counts the others',
  async t => {
    const { box, more } = await installed(t)
    const file = join(box.home.path, '.claude/settings.json')
    const { hooks } = JSON.parse(readFileSync(file, 'utf8')) as { hooks: Record<string, unknown[]> }
    settings(box, { hooks: { ...hooks, Notification: [{}, 'x'], PreToolUse: [7] } })
    const found = await findsFault(t, box, 'settings', { fixable: false, more })
    t.match(found.message, /an entry of Notification without hooks .* skips it.* \(and 2 more\)\.$/)
  },
)

t.test('locks: one that a client left behind', async t => {
  const box = await healthy(t)
  const lock = join(box.home.paths.folder, '.oauth_refresh.lock')
  mkdirSync(lock)
  const held = await doctor(box, ['--only', 'locks'])
  t.match(held.check('locks'), { state: 'note' }, 'a young one may be in use')
  const long = new Date(Date.now() - 10 * 60_000)
  utimesSync(lock, long, long)
  await findsFault(t, box, 'locks', { fixable: true })
  t.notOk(existsSync(lock))
})

t.test('locks: its owner is gone', async t => {
  const box = await healthy(t)
  const { folder } = box.home.paths
  const lock = join(folder, '.oauth_refresh.lock')
  mkdirSync(lock)
  const { processFacts } = await import('../../src/system/processes.js')
  const owner = { ...processFacts(process.pid), pid: 4_194_300, procStart: '1' }
  const lockBirthtimeMs = statSync(lock).birthtimeMs
  box.home.write(`${lock}.owner`, JSON.stringify({ ...owner, lockBirthtimeMs }))
  const before = new Date(Date.now() - 20_000)
  utimesSync(lock, before, before)
  const found = await findsFault(t, box, 'locks', { fixable: true })
  t.match(found.message, /^The process that held .* is gone/)
})

t.test('locks: whoever holds one, or the gate, was stopped', async t => {
  const box = await healthy(t, { config: { renewal: { launchWait: '1s' } } })
  const { gate } = box.home.paths
  const take = 'exec 9>>"$0" && flock -x 9 && exec sleep 300'
  const holder = spawn('sh', ['-c', take, gate], { stdio: 'ignore' })
  t.teardown(() => holder.kill('SIGKILL'))
  const { pid } = holder
  while (spawnSync('flock', ['-n', gate, 'true']).status === 0) await sleep(20)
  const busy = (await doctor(box, ['--only', 'locks'])).check('locks')
  t.match(busy, { state: 'note', message: `Process ${pid}, started just now,` })
  holder.kill('SIGSTOP')
  const stopped = await findsFault(t, box, 'locks', { fixable: false })
  t.match(stopped.message, `Process ${pid} of claude-auth, started just now, is stopped`)
  t.equal(stopped.hint, `kill -CONT ${pid}`)
  box.writeLogin(box.signIn(-60_000))
  const waited = await box.launch(['x'])
  t.match(waited, { code: 0, stderr: /another check has been running for 1 s; launching without/ })
  t.ok(waited.ms < 15_000, `${waited.ms}`)
  holder.kill('SIGKILL')
  await once(holder, 'close')
})

t.test('locks: a client that holds one was stopped', async t => {
  const box = await healthy(t)
  const { folder } = box.home.paths
  const lock = join(folder, '.oauth_refresh.lock')
  mkdirSync(lock)
  const client = spawn('sleep', ['300'], { stdio: 'ignore' })
  t.teardown(() => client.kill('SIGKILL'))
  const { processFacts } = await import('../../src/system/processes.js')
  const owner = { ...processFacts(client.pid ?? 0), lockBirthtimeMs: statSync(lock).birthtimeMs }
  box.home.write(`${lock}.owner`, JSON.stringify(owner))
  client.kill('SIGSTOP')
  const before = new Date(Date.now() - 20 * 60_000)
  utimesSync(lock, before, before)
  const paused = await findsFault(t, box, 'locks', { fixable: false })
  t.match(paused.message, `Process ${client.pid} holds ${lock} and is stopped since about 20 min`)
  t.ok(existsSync(lock))
})

t.test(
  'alerts: the webhook file is readable by others, the program is gone, Slack refuses',
  async t => {
    const box = await healthy(t)
    const endpoints = { oauth: box.authority.url, api: box.authority.url }
    const file = join(box.home.path, 'webhook')
    const secret = 'http://127.0.0.1:9/services/T0/B0/very-secret-part'
    box.home.write(file, `${secret}\n`, 0o644)
    box.writeConfig({ version: 1, endpoints, alerts: { slack: { webhookFile: file } } })
    const open = await findsFault(t, box, 'alerts', { fixable: false })
    t.match(open.hint, `chmod 600 ${file}`)
    chmodSync(file, 0o600)
    const seen = await doctor(box, ['--send-test-alert', '--only', 'alerts'])
    t.same(seen.faults, ['alerts'])
    t.match(
      seen.check('alerts').message,
      /^The test message was not accepted: slack: Slack gave no answer/,
    )
    t.notMatch(seen.stdout, 'very-secret')
    box.writeConfig({ version: 1, endpoints, alerts: { command: ['/nowhere/tell'] } })
    await findsFault(t, box, 'alerts', { fixable: false })
  },
)

t.test('--send-test-alert: the program of the site gets it', async t => {
  const box = await healthy(t)
  const endpoints = { oauth: box.authority.url, api: box.authority.url }
  const [program, got] = [join(box.home.path, 'tell'), join(box.home.path, 'got')]
  box.home.write(program, `#!/bin/sh\ncat >'${got}'\n`, 0o755)
  box.writeConfig({ version: 1, endpoints, alerts: { command: [program] } })
  const seen = await doctor(box, ['--send-test-alert'])
  t.same(seen.faults, [])
  t.match(seen.check('alerts').message, 'The test message was accepted.')
  const { readFileSync } = await import('node:fs')
  t.match(JSON.parse(readFileSync(got, 'utf8')), { event: 'test', needsSignIn: false, toDo: null })
})
