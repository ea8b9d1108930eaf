// Users whose service manager runs already get their timer at once, and lose it when the machine is cleared.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')

/** Writes down who called it, in what session and how; that of the user `stuck` never answers. */
const systemctl = `#!/bin/sh
case $(id -un) in stuck) exec sleep 600 ;; esac
tty=$(ps -o tty= -p $$)
echo "$(id -un) $XDG_RUNTIME_DIR $tty $*" >>/opt/called
`

t.test('running managers are told, each as its user', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await machine.sh('mkdir -p /run/systemd/system /lib/systemd; : >>/lib/systemd/systemd')
  await machine.sh('rm /usr/bin/systemctl; : >/opt/called; chmod 666 /opt/called')
  await machine.write('/usr/bin/systemctl', systemctl, 0o755)
  const uids: Record<string, string> = {}
  for (const user of ['here', 'away', 'stuck']) {
    await machine.addUser(user)
    uids[user] = (await machine.sh(`id -u ${user}`)).trim()
  }
  for (const user of ['here', 'stuck'])
    await machine.sh(
      `mkdir -p /run/user/${uids[user]}/systemd; : >/run/user/${uids[user]}/systemd/private`,
    )
  await machine.sh('mkdir -p /run/user/4000000/systemd; : >/run/user/4000000/systemd/private')
  const called = async () =>
    (await machine.sh('grep -v ^root /opt/called; : >/opt/called')).trim().split('\n')
  const at = `here /run/user/${uids['here']} ?`

  const installed = await machine.run('node', [program, 'install', '--system'])
  t.equal(installed.code, 0, installed.stderr)
  t.same(await called(), [`${at} --user daemon-reload`, `${at} --user start claude-auth.timer`])

  const removed = await machine.run('claude-auth', ['uninstall', '--system'])
  t.equal(removed.code, 0, removed.stderr)
  t.same(await called(), [`${at} --user stop claude-auth.timer`, `${at} --user daemon-reload`])
  t.equal((await machine.sh('ps -o args= -u stuck; true')).trim(), '', 'nothing hangs on')
})
