// A user's home on a mount of theirs that answers nothing: the machine's timer, doctor, install and uninstall go on without them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'bin/claude-auth')
const stays = '/usr/local/lib/claude-auth/current/bin'
const mostMs = 90_000

t.test('one home that hangs is the trouble of nobody else', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await ownMachine(t)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
  const url = box.authority.url
  const config = `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`
  await machine.write('/root/site.yaml', config)
  const words = [program, 'install', '--system', '--config', '/root/site.yaml']
  t.match(await machine.run(process.execPath, words), { code: 0 })
  for (const user of ['alice', 'mallory', 'zoe']) {
    await machine.addUser(user)
    await machine.write(
      `/home/${user}/.claude/.credentials.json`,
      JSON.stringify({ claudeAiOauth: box.signIn() }),
      0o600,
    )
    await machine.sh(`chown -R ${user}: /home/${user}`)
    await machine.as(user, '/usr/local/bin/claude-auth', ['ensure', '--force'])
  }
  const uid = (await machine.sh('id -u mallory')).trim()
  await machine.write(
    '/opt/fuse.py',
    readFileSync(join(root, 'test/lab/neighbours/fuse.py'), 'utf8'),
  )
  await machine.sh(
    `(setsid python3 /opt/fuse.py - /home/mallory ${uid} >/opt/said 2>&1 &) </dev/null; ` +
      'for i in 1 2 3 4 5 6 7 8 9; do grep -qs mounted /opt/said && exit 0; sleep 0.3; done; cat /opt/said; exit 1',
  )
  const steps: [string, string[], RegExp][] = [
    ['the list of the timer', ['/bin/sh', `${stays}/login-users.sh`], /^alice\n(?:.*\n)*zoe\n/m],
    ['doctor --system', [`${stays}/claude-auth`, 'doctor', '--system', '--json'], /"users"/],
    ['install --system', [`${stays}/claude-auth`, 'install', '--system', '--yes'], /Changed:/],
  ]
  for (const [name, [first = '', ...rest], says] of steps) {
    const ended = await machine.run(first, rest, { timeoutMs: mostMs })
    t.match(ended.stdout, says, `${name}: ${ended.stderr}`)
    t.ok(ended.ms < mostMs, `${name}: ${ended.ms} ms`)
  }
  const removed = await machine.run(`${stays}/claude-auth`, ['uninstall', '--system', '--yes'], {
    timeoutMs: 300_000,
  })
  t.match(removed, { code: 4, stderr: /not handed back: the login of mallory/ })
  for (const user of ['alice', 'zoe']) {
    const login = JSON.parse(await machine.sh(`cat /home/${user}/.claude/.credentials.json`))
    t.match(login.claudeAiOauth, { refreshToken: /^sk-ant-ort01-/ }, `${user} is handed back`)
  }
})
