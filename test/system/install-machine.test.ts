// A machine is set up for all, lived on, and cleared: every login is handed back to the one it belongs to.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')

t.test('from the first day to the last', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { login: 'expired' })
  const machine = await ownMachine(t)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho "client $*"\n', 0o755)
  await machine.addUser('old')
  const own = '{\n  // mine\n  "hooks": {"Stop": []}\n}\n'
  await machine.sh('mkdir -m 700 /home/old/.claude')
  await machine.write('/home/old/.claude/settings.json', own, 0o600)
  await machine.sh('chown -R old: /home/old')
  const home = () => machine.sh('cd /home/old && find . | sort')
  const before = await home()

  const url = box.authority.url
  await machine.write(
    '/root/site.yaml',
    `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`,
  )
  await machine.sh('mkdir -p /srv/base/skills')
  const words = [
    program,
    'install',
    '--system',
    '--config',
    '/root/site.yaml',
    '--base',
    '/srv/base',
  ]
  const installed = await machine.run('node', words)
  t.equal(installed.code, 0, installed.stderr)
  t.equal(await home(), before, 'no home is touched')

  await machine.addUser('new')
  t.equal((await machine.sh('readlink /home/new/.claude/skills')).trim(), '/srv/base/skills')
  t.equal(
    (await machine.sh('stat -c %a /home/new/.claude /home/new/.claude/settings.json')).trim(),
    '700\n600',
  )

  await machine.addUser('linked')
  await machine.sh('cd /home/linked && mv .claude /opt/linked && ln -s /opt/linked .claude')

  const file = (user: string) => `/home/${user}/.claude/.credentials.json`
  const login = async (user: string) =>
    JSON.parse(await machine.sh(`cat ${file(user)}`)).claudeAiOauth as Record<string, unknown>
  for (const user of ['old', 'new', 'linked']) {
    const text = user === 'old' ? readFileSync(box.home.paths.loginFile, 'utf8') : signedIn(box)
    await machine.write(file(user), text, 0o600)
    await machine.sh(`chown ${user}: ${file(user)}`)
    const launched = await machine.run('su', ['-', user, '-c', 'claude -p hi'])
    t.match(launched, { code: 0, stdout: 'client -p hi\n', stderr: '' }, user)
    t.match(await login(user), { refreshToken: null }, `${user}: renewed, in sole custody`)
  }

  const removed = await machine.run('claude-auth', ['uninstall', '--system'])
  t.equal(removed.code, 0, removed.stderr)
  for (const user of ['old', 'new', 'linked'])
    t.match(await login(user), { refreshToken: /^sk-ant-ort01-/ }, `${user}: handed back`)
  t.equal(await home(), before.replace('./.claude\n', './.claude\n./.claude/.credentials.json\n'))
  t.equal(await machine.sh('cat /home/old/.claude/settings.json'), own)
  t.equal(
    await machine.sh('find /home/new -path "*claude*" | sort'),
    `/home/new/.claude\n${file('new')}\n/home/new/.claude/skills\n`,
  )
  t.equal(box.authority.counts().reuses, 0)
})

function signedIn(box: Sandbox): string {
  return JSON.stringify({ claudeAiOauth: box.signIn(), mcpOAuth: { kept: true } })
}
