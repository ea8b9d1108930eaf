// Users whom only a directory service knows, on a day when it gives no answer: they are not taken for users who are not there.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const stays = '/usr/local/lib/claude-auth/current/bin/claude-auth'

/** What this file lists has no line in /etc/passwd. `getent` does as that of musl: `--` is a name, and the first unknown name the end. */
const directory = '/root/directory'
const away = '/root/directory-is-away'
const getent = `#!/bin/sh
[ "$1" = passwd ] || exec /usr/bin/getent.real "$@"
[ ! -e ${away} ] || exit 1
shift
[ $# != 0 ] || exec cat /etc/passwd ${directory}
for each do grep -hE -e "^$each:|^[^:]*:[^:]*:$each:" /etc/passwd ${directory} || exit 2; done
`

/** `alice` is a user of the machine, and root has a login outside /home; `dora`, who is in the roster, and `eve` are the directory's. */
async function machineWithDirectory(t: Test): Promise<OwnMachine> {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await ownMachine(t)
  const url = box.authority.url
  const endpoints = `endpoints: {oauth: "${url}", api: "${url}"}`
  const config = `version: 1\ncustody: sole\nroster: /root/roster.yaml\n${endpoints}\n`
  await machine.write('/root/site.yaml', config)
  await machine.write('/root/roster.yaml', 'users: {alice: {}, dora: {}}\n')
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
  const words = [program, 'install', '--system', '--config', '/root/site.yaml']
  const installed = await machine.run(process.execPath, words)
  t.equal(installed.code, 0, installed.stderr)
  for (const user of ['alice', 'dora', 'eve']) {
    await machine.addUser(user)
    const login = JSON.stringify({ claudeAiOauth: box.signIn() })
    await machine.write(loginFile(user), login, 0o600)
    await machine.sh(`chown ${user}: ${loginFile(user)}`)
    await machine.as(user, '/usr/local/bin/claude-auth', ['ensure', '--force'])
    t.notOk(await hasToken(machine, user), `${user}: in our care`)
  }
  await machine.write(loginFile('root'), JSON.stringify({ claudeAiOauth: box.signIn() }), 0o600)
  await machine.run('/usr/local/bin/claude-auth', ['ensure', '--force'])
  t.notOk(await hasToken(machine, 'root'), 'root: in our care')
  const moved = "grep -E '^(dora|eve):' /etc/passwd >$0; sed -i -E '/^(dora|eve):/d' /etc/passwd"
  await machine.sh(`${moved.replace('$0', directory)}; mv /usr/bin/getent /usr/bin/getent.real`)
  await machine.write('/usr/bin/getent', getent, 0o755)
  return machine
}

const loginFile = (user: string) =>
  `${user === 'root' ? '' : '/home'}/${user}/.claude/.credentials.json`

async function hasToken(machine: OwnMachine, user: string): Promise<boolean> {
  const login = JSON.parse(await machine.sh(`cat ${loginFile(user)}`)).claudeAiOauth
  return typeof login.refreshToken === 'string'
}

t.test('fleet says that it does not know them', { skip: noOwnMachine }, async t => {
  const machine = await machineWithDirectory(t)
  const fleet = (...words: string[]) =>
    machine.run('/usr/local/bin/claude-auth', ['fleet', ...words])
  const before = await fleet('--json')
  t.match(JSON.parse(before.stdout), { counts: { ok: 2, stranger: 2 } }, before.stderr)
  await machine.sh(`: >${away}`)
  const after = await fleet('--json', '--textfile', '/root/a.prom')
  t.match(after, { code: 4, stderr: /the directory of users gives no answer \(getent passwd\)/ })
  t.match(JSON.parse(after.stdout), {
    counts: { ok: 1, unknown: 1, never: 0 },
    users: [
      { user: 'root', state: 'stranger' },
      { user: 'dora', state: 'unknown', because: 'no-directory', toDo: 'getent passwd' },
      {},
    ],
  })
  t.match(await machine.sh('cat /root/a.prom'), 'claude_auth_fleet_run_success 0')
  const doctor = ['doctor', '--system', '--only', 'users', '--json']
  t.match(await machine.run('/usr/local/bin/claude-auth', doctor), {
    code: 4,
    stdout: /the directory of users gives no answer/i,
  })
})

t.test('the program stays for them', { skip: noOwnMachine }, async t => {
  const machine = await machineWithDirectory(t)
  await machine.sh(`: >${away}`)
  const words = ['uninstall', '--system', '--yes']
  const removed = await machine.run(stays, words)
  t.match(removed, { code: 4, stderr: /directory of users gives no answer.*the program stays/s })
  t.ok(await hasToken(machine, 'alice'))
  // The C library knows them again, too: root becomes them by it.
  await machine.sh(`rm ${away}; cat ${directory} >>/etc/passwd; : >${directory}`)
  t.match(await machine.run(stays, words), { code: 0 })
  for (const user of ['dora', 'eve', 'root']) t.ok(await hasToken(machine, user), user)
  await machine.sh('! test -e /usr/local/lib/claude-auth')
})

t.test(
  'a folder that a group may write is not taken for root’s alone',
  { skip: noOwnMachine },
  async t => {
    const machine = await ownMachine(t)
    await machine.sh('chgrp staff /usr/local /usr/local/lib /usr/local/bin')
    await machine.sh('chmod 2775 /usr/local /usr/local/lib /usr/local/bin; : >/root/directory')
    await machine.sh('mv /usr/bin/getent /usr/bin/getent.real')
    await machine.write('/usr/bin/getent', getent, 0o755)
    const words = [program, 'install', '--system', '--dry-run']
    t.match(await machine.run(process.execPath, words), { code: 0 })
    await machine.sh(`: >${away}`)
    const refused = await machine.run(process.execPath, words)
    t.match(refused, {
      stderr: /\/usr\/local is writable by others/,
    })
    t.not(refused.code, 0)
  },
)
