// A machine-wide installation takes a user's refresh token only where its program starts and reaches the login server.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const dead = 'http://127.0.0.1:9'
const isMachines = { skip: noOwnMachine, buffered: true }

/** A machine with a client that runs the managed hook as the client does, and the site's configuration. */
async function machineFor(t: Test, endpoints: { oauth: string; api: string }) {
  const machine = await ownMachine(t)
  const client = `#!/bin/sh
[ "$1" = --version ] && { echo '2.1.330 (Claude Code)'; exit 0; }
command=$(sed -n 's/.*"command": "\\(.*session-start\\)".*/\\1/p' /etc/claude-code/managed-settings.d/claude-auth.json)
echo '{"hook_event_name":"SessionStart"}' | CLAUDE_PROJECT_DIR=/ sh -c "$command"
echo "client $*"
`
  await machine.write('/usr/bin/claude', client, 0o755)
  const site = async ({ oauth, api }: typeof endpoints, path = '/root/site.yaml') =>
    machine.write(path, `version: 1\nendpoints: {oauth: "${oauth}", api: "${api}"}\n`)
  await site(endpoints)
  const install = (...more: string[]) =>
    machine.run('node', [program, 'install', '--system', ...more])
  return { machine, site, install }
}

async function signedIn(machine: OwnMachine, box: Sandbox, user: string) {
  await machine.addUser(user)
  const file = `/home/${user}/.claude/.credentials.json`
  await machine.sh(`mkdir -p -m 700 /home/${user}/.claude`)
  await machine.write(file, JSON.stringify({ claudeAiOauth: box.signIn() }), 0o600)
  await machine.sh(`chown -R ${user}: /home/${user}`)
  return async () =>
    JSON.parse(await machine.sh(`cat ${file}`)).claudeAiOauth.refreshToken as string | null
}

t.test('a program that may not start there: custody stays shared', isMachines, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const { authority } = box
  const { machine, install } = await machineFor(t, { oauth: authority.url, api: authority.url })
  await machine.sh(
    'mkdir -p /usr/local/lib && mount -t tmpfs -o noexec,mode=755 none /usr/local/lib',
  )
  const ended = await install('--config', '/root/site.yaml')
  t.equal(ended.code, 4)
  t.match(
    ended.stderr,
    /custody stays shared: \/usr\/local\/lib\/claude-auth\/current\/bin\/claude-auth is not allowed to start here; type: findmnt /,
  )
  t.match(ended.stdout, 'Custody: shared')
  t.match(await machine.sh('cat /etc/claude-auth/config.yaml'), 'custody: shared')
  await machine.sh('mount -o remount,exec /usr/local/lib')
  const again = await install('--custody', 'sole')
  t.equal(again.code, 0, again.stderr)
  t.match(await machine.sh('cat /etc/claude-auth/config.yaml'), 'custody: sole')
})

t.test(
  'the first hook of a new user takes custody, once the server is reached',
  isMachines,
  async t => {
    const box = await sandbox(t, { login: 'valid' })
    const { authority } = box
    // The server that says whose a login is can be reached, the one that renews cannot.
    const halfway = { oauth: dead, api: authority.url }
    const { machine, site, install } = await machineFor(t, halfway)
    t.match(await install('--config', '/root/site.yaml'), {
      code: 0,
      stdout: /Custody: sole; a refresh token leaves its login file at the first check/,
    })
    const token = await signedIn(machine, box, 'ada')
    const session = () => machine.as('ada', '/usr/bin/claude', ['-p', 'hi'])
    t.match(await session(), { code: 0, stdout: /client -p hi\n$/ })
    t.match(await token(), /^sk-ant-ort01-/, 'the token stays where the client can renew')
    t.match(await machine.as('ada', 'claude-auth', ['ensure']), {
      code: 4,
      stdout: /the refresh token stays in the login file: http:\/\/127\.0\.0\.1:9 is not reached/,
    })

    const text = await machine.sh('cat /etc/claude-auth/config.yaml')
    await site({ oauth: authority.url, api: authority.url }, '/etc/claude-auth/config.yaml')
    t.match(text, 'custody: sole')
    await machine.sh("printf 'custody: sole\\n' >>/etc/claude-auth/config.yaml")
    await machine.sh('rm -f /home/ada/.claude/.claude-auth/fresh')
    t.match(await session(), { code: 0, stdout: /client -p hi\n$/ })
    t.equal(await token(), null, 'and leaves the file then')
    t.equal(authority.counts().tokenRequests, 0)
  },
)

t.test('a program that may start no more takes nothing', isMachines, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const { authority } = box
  const { machine, install } = await machineFor(t, { oauth: authority.url, api: authority.url })
  await machine.sh('mkdir -p /usr/local/lib && mount -t tmpfs -o mode=755 none /usr/local/lib')
  t.match(await install('--config', '/root/site.yaml'), { code: 0 })
  await machine.sh('mount -o remount,noexec /usr/local/lib')
  for (const [user, login] of [
    ['ada', box.signIn()],
    ['bob', { ...box.signIn(), expiresAt: Date.now() - 1 }],
  ] as const) {
    const token = await signedIn(machine, { ...box, signIn: () => login } as Sandbox, user)
    const ended = await machine.as(user, program, ['ensure'])
    t.equal(ended.code, 4, ended.stderr)
    t.match(ended.stdout, 'the refresh token stays in the login file: /usr/local/lib/claude-auth')
    t.match(await token(), /^sk-ant-ort01-/, `${user}: nobody else could renew it`)
    const looked = await machine.as(user, program, ['doctor', '--only', 'custody'])
    const words = looked.stdout.replace(/\s+/g, ' ')
    t.match(words, /nothing could renew it: .* is not allowed to start here\. findmnt -no OPTIONS /)
  }
  t.equal(authority.counts().reuses, 0)
})

t.test('an image has custody taken on its first day', isMachines, async t => {
  const { machine, install } = await machineFor(t, { oauth: dead, api: dead })
  await machine.sh('mkdir -p /srv/image/etc')
  const ended = await install('--root', '/srv/image', '--config', '/root/site.yaml')
  t.match(ended, { code: 0, stderr: '' })
  t.match(await machine.sh('cat /srv/image/etc/claude-auth/config.yaml'), 'custody: sole')
})
