// What is shipped, installed on bare machines: the npm tarball into an empty prefix, the .deb by dpkg.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { run } from '../kit/run.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

t.test('the tarball installs globally into an empty prefix, and works', async t => {
  const folder = t.testdir({ prefix: {}, pack: {}, home: {} })
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', join(folder, 'pack')]
  execFileSync('npm', pack, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarball = join(folder, 'pack', readdirSync(join(folder, 'pack'))[0] ?? '')
  const prefix = join(folder, 'prefix')
  const words = ['install', '-g', '--silent', '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', [...words, '--prefix', prefix, tarball], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.notOk(existsSync(join(prefix, 'bin/claude')), "that name is the client's")
  const env = { PATH: `${join(prefix, 'bin')}:/usr/bin:/bin`, HOME: join(folder, 'home') }
  const told = await run(join(prefix, 'bin/claude-auth'), ['--version'], { cwd: '/', env })
  t.match(told, { code: 0, stdout: `${version}\n`, stderr: '' })
  const wrapped = await run(join(prefix, 'bin/claude-wrap'), ['/bin/echo', '--version'], {
    cwd: '/',
    env,
  })
  t.match(wrapped, { code: 0, stdout: /echo/ })
  const installed = await run(join(prefix, 'bin/claude-auth'), ['install', '--json'], {
    cwd: '/',
    env,
  })
  t.match(JSON.parse(installed.stdout), { changed: true })
  t.ok(existsSync(join(folder, 'home/.local/lib/claude-auth/current/bin/claude')))
})

t.test('the .deb', { skip: noOwnMachine }, async t => {
  const folder = t.testdir()
  const script = join(root, 'scripts/package.mjs')
  const file = execFileSync(process.execPath, [script, folder], { encoding: 'utf8' }).trim()
  const machine = await ownMachine(t)
  await machine.sh(`cp ${file} /root/claude-auth.deb`)
  await machine.addUser('carol')
  const homes = () => machine.sh('cd /home && find . -printf "%p %m %s %l\\n" | sort')
  const before = await homes()

  await t.test('says where to get Node where it is older', async t => {
    await machine.write('/usr/local/sbin/node', '#!/bin/sh\necho v18.20.0\n', 0o755)
    const refused = await machine.run('dpkg', ['-i', '/root/claude-auth.deb'])
    await machine.sh('rm /usr/local/sbin/node')
    t.not(refused.code, 0)
    t.match(refused.stderr, /it takes Node\.js 20 or newer; here is: v18\.20\.0/)
    t.match(refused.stderr, /https:\/\/nodejs\.org/)
  })

  await t.test('installs for the machine, touches no home, and leaves no trace', async t => {
    await putNode(machine)
    const installed = await machine.run('dpkg', ['-i', '/root/claude-auth.deb'])
    t.equal(installed.code, 0, `${installed.stdout}${installed.stderr}`)
    t.equal(await homes(), before)
    await machine.sh('test -e /etc/claude-code/managed-settings.d/claude-auth.json')
    t.equal(await machine.sh('/usr/local/bin/claude-auth --version'), `${version}\n`)
    const again = await machine.sh('claude-auth install --system --yes --json')
    t.match(JSON.parse(again), { changed: false })
    const removed = await machine.run('dpkg', ['-r', 'claude-auth'])
    t.equal(removed.code, 0, `${removed.stdout}${removed.stderr}`)
    t.equal(await homes(), before)
    for (const path of [
      '/etc/claude-code',
      '/etc/claude-auth',
      '/usr/local/lib/claude-auth',
      '/usr/lib/claude-auth',
      '/usr/local/bin/claude',
      '/var/lib/claude-auth',
    ])
      await machine.sh(`! test -e ${path}`)
  })
})

t.test('the .deb is removed whatever a user left behind', { skip: noOwnMachine }, async t => {
  const script = join(root, 'scripts/package.mjs')
  const file = execFileSync(process.execPath, [script, t.testdir()], { encoding: 'utf8' }).trim()
  const machine = await ownMachine(t)
  await machine.sh(`cp ${file} /root/claude-auth.deb`)
  await putNode(machine)
  t.equal((await machine.run('dpkg', ['-i', '/root/claude-auth.deb'])).code, 0)
  await machine.addUser('carol')
  // A login in sole custody, and a sealed copy that no key opens.
  const expiresAt = Date.now() + 3 * 3_600_000
  const login = { accessToken: 'a', refreshToken: null, expiresAt, scopes: ['user:inference'] }
  const nobody = 'http://127.0.0.1:9'
  await machine.sh(
    `echo 'endpoints: {oauth: "${nobody}", api: "${nobody}"}' >>/etc/claude-auth/config.yaml`,
  )
  const text = JSON.stringify({ claudeAiOauth: login })
  await machine.write('/home/carol/.claude/.credentials.json', text, 0o600)
  await machine.sh('mkdir -p /home/carol/.local/share/claude-auth')
  await machine.write('/home/carol/.local/share/claude-auth/default.jwe', 'a.b.c.d.e', 0o600)
  await machine.sh('chown -R carol: /home/carol && chmod 700 /home/carol/.local/share/claude-auth')
  const removed = await machine.run('dpkg', ['-r', 'claude-auth'])
  t.equal(removed.code, 0, removed.stderr)
  t.match(removed.stderr, 'not handed back: the login of carol')
  const { stdout } = await machine.run('dpkg-query', ['-s', 'claude-auth'])
  t.notMatch(stdout, /^Status: .* installed$/m)
  const later = '/usr/local/lib/claude-auth/current/bin/claude-auth'
  t.match(removed.stderr, `${later} uninstall --system`)
  const done = await machine.run(later, ['uninstall', '--system', '--leave-logins'])
  t.equal(done.code, 0, done.stderr)
  await machine.sh('! test -e /usr/local/lib/claude-auth')
  t.equal(
    await machine.sh('stat -c "%U %a" /home/carol/.local/share/claude-auth/default.jwe'),
    'carol 600\n',
  )
})

/** A Node that dpkg knows of, where this machine's came another way. */
async function putNode(machine: OwnMachine): Promise<void> {
  const known = await machine.run('dpkg-query', ['-s', 'nodejs'])
  if (/^Status: .* installed$/m.test(known.stdout)) return
  await machine.sh('mkdir -p /root/node/DEBIAN')
  const control = `Package: nodejs\nVersion: ${process.versions.node}\nArchitecture: all\nMaintainer: test <t@example.com>\nDescription: Node\n`
  await machine.write('/root/node/DEBIAN/control', control)
  await machine.sh('dpkg-deb --build /root/node /root/node.deb && dpkg -i /root/node.deb')
}
