// A machine is cleared although some of its users hinder it: the others get their logins back, and all else goes.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { plantedCode } from '../kit/planted-code.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const stays = '/usr/local/lib/claude-auth/current/bin/claude-auth'

const loginFile = (user: string) => `/home/${user}/.claude/.credentials.json`

async function hasToken(machine: OwnMachine, user: string): Promise<boolean> {
  const login = JSON.parse(await machine.sh(`cat ${loginFile(user)}`)).claudeAiOauth
  return typeof login.refreshToken === 'string'
}

/** A machine with the program, and users whose logins are in sole custody. */
async function machineWith(t: Test, users: string[], env?: Record<string, string>) {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await ownMachine(t)
  const url = box.authority.url
  const config = `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`
  await machine.write('/root/site.yaml', config)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
  const words = [program, 'install', '--system', '--config', '/root/site.yaml']
  const installed = await machine.run(process.execPath, words, env ? { env } : {})
  t.equal(installed.code, 0, installed.stderr)
  for (const user of users) {
    await machine.addUser(user)
    await machine.write(loginFile(user), signedIn(box), 0o600)
    await machine.sh(`chown ${user}: ${loginFile(user)}`)
    await machine.as(user, '/usr/local/bin/claude-auth', ['ensure', '--force'])
    t.notOk(await hasToken(machine, user), `${user}: in our care`)
  }
  return { box, machine }
}

function signedIn(box: Sandbox): string {
  return JSON.stringify({ claudeAiOauth: box.signIn() })
}

/** Each makes it impossible to hand the login of that user back; `says` is what root is told of it. */
const hindrances: Record<string, { does: string; says: RegExp }> = {
  keyless: { does: 'rm .local/share/claude-auth/key', says: /could not be handed back/ },
  closed: { does: 'chattr +i .claude 2>/dev/null; chmod 500 .claude', says: /closed: / },
  holder: {
    does: 'setsid flock .claude/.claude-auth/gate sleep 600 </dev/null >/dev/null 2>&1 &',
    says: /has held .*gate for too long/,
  },
}

t.test('each user by itself', { skip: noOwnMachine }, async t => {
  const users = ['first', ...Object.keys(hindrances), 'last']
  const { box, machine } = await machineWith(t, users)
  for (const [user, { does }] of Object.entries(hindrances))
    await machine.as(user, 'sh', ['-c', does])
  const removed = await machine.run(stays, ['uninstall', '--system', '--yes'])
  t.equal(removed.code, 4, removed.stderr)
  for (const user of ['first', 'last'])
    t.ok(await hasToken(machine, user), `${user} has their token back`)
  for (const [user, { says }] of Object.entries(hindrances)) {
    t.match(removed.stderr, says, user)
    t.match(removed.stderr, `not handed back: the login of ${user}`)
    const sealed = `/home/${user}/.local/share/claude-auth/default.jwe`
    t.equal(await machine.sh(`stat -c '%U %a' ${sealed}`), `${user} 600\n`)
  }
  const gone = ['/etc/claude-code', '/etc/claude-auth', '/usr/local/bin/claude-auth']
  gone.push('/etc/profile.d/claude-auth.sh', '/etc/systemd/system/claude-auth-users.timer')
  for (const path of gone) await machine.sh(`! test -e ${path}`)
  t.equal(await machine.sh('getent group claude-auth || echo none'), 'none\n')

  await t.test('the command that it names does the rest', async t => {
    t.match(removed.stderr, `hint: sudo ${stays} uninstall --system`)
    await machine.sh('pkill -KILL -u holder; chattr -i /home/closed/.claude; true')
    await machine.sh('chmod 700 /home/closed/.claude')
    const alone = await machine.as('holder', stays, ['uninstall'])
    t.equal(alone.code, 0, alone.stderr)
    t.ok(await hasToken(machine, 'holder'), 'by the user')
    const again = await machine.run(stays, ['uninstall', '--system', '--yes'])
    t.ok(await hasToken(machine, 'closed'), `by root: ${again.stderr}`)
    t.match(again, { code: 4, stderr: /login of keyless/ })
    const left = await machine.run(stays, ['uninstall', '--system', '--yes', '--leave-logins'])
    t.equal(left.code, 0, left.stderr)
    await machine.sh('! test -e /usr/local/lib/claude-auth && ! test -e /var/lib/claude-auth')
  })
  t.equal(box.authority.counts().reuses, 0)
})

t.test(
  'compiled code that a user planted is not run in their name',
  { skip: noOwnMachine },
  async t => {
    const { machine } = await machineWith(t, ['planter'])
    await machine.write(
      '/opt/plant.cjs',
      plantedCode(`require('node:fs').writeFileSync('/home/planter/ran', '')`),
    )
    const { stdout: node } = await machine.as('planter', 'readlink', [
      '-f',
      '/usr/local/lib/claude-auth/current/node',
    ])
    const words = [
      '/opt/plant.cjs',
      '/usr/local/lib/claude-auth/current/dist',
      '.cache/claude-auth',
    ]
    const done = await machine.as('planter', node.trim(), words)
    t.equal(done.code, 0, done.stderr)
    await machine.as('planter', '/usr/local/bin/claude-auth', ['ensure', '--force'])
    t.equal(await machine.sh('ls /home/planter/ran && rm /home/planter/ran'), '/home/planter/ran\n')
    const removed = await machine.run(stays, ['uninstall', '--system', '--yes'])
    t.equal(removed.code, 0, removed.stderr)
    t.ok(await hasToken(machine, 'planter'))
    await machine.sh('! test -e /home/planter/ran')
  },
)

const planted = '/root/planted'
const paths: Record<string, string> = {
  'without /usr/sbin': '/usr/bin:/bin',
  empty: '',
  'of somebody else': `${planted}:/usr/sbin:/usr/bin:/sbin:/bin`,
}

for (const [name, PATH] of Object.entries(paths))
  t.test(`where root's PATH is ${name}`, { skip: noOwnMachine }, async t => {
    const env = { HOME: '/root', PATH }
    const { machine } = await machineWith(t, [], env)
    t.match(await machine.sh('getent group claude-auth'), /^claude-auth:/)
    await machine.sh(`mkdir ${planted}`)
    for (const tool of ['getent', 'groupadd', 'groupdel', 'systemctl', 'flock', 'setpriv', 'sh'])
      await machine.write(`${planted}/${tool}`, '#!/bin/sh\n: >/root/harm\n', 0o755)
    await machine.addUser('user')
    const login = readFileSync((await sandbox(t, { login: 'valid' })).home.paths.loginFile, 'utf8')
    await machine.write(loginFile('user'), login, 0o600)
    await machine.sh(`chown user: ${loginFile('user')}`)
    const again = await machine.run(process.execPath, [program, 'install', '--system'], { env })
    t.equal(again.code, 0, again.stderr)
    const removed = await machine.run(process.execPath, [program, 'uninstall', '--system'], { env })
    t.equal(removed.code, 0, removed.stderr)
    await machine.sh('! test -e /root/harm && ! test -e /usr/local/lib/claude-auth')
    t.equal(await machine.sh('getent group claude-auth || echo none'), 'none\n')
  })

t.test('a first installation that fails is taken back', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  const all = 'cd / && find etc usr/local var/lib -newer /root/before | sort'
  await machine.sh('sleep 1.1; : >/root/before; mkdir -p /etc/claude-code; sleep 1.1')
  await machine.sh('mount -t tmpfs -o ro,mode=755 none /etc/claude-code')
  const failed = await machine.run(process.execPath, [program, 'install', '--system'])
  t.match(failed, { code: 1, stderr: /could not change \/etc\/claude-code/ })
  const left = (await machine.sh(`${all} -type f; true`)).split('\n')
  t.same(
    left.filter(path => /claude/.test(path)),
    [],
  )
  t.equal(await machine.sh('getent group claude-auth || echo none'), 'none\n')
})
