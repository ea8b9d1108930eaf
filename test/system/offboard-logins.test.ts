// Which logins of a home an offboarding ends: neither another user's folder, a mount that hangs nor a changed store saves one.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const fuse = join(root, 'test/lab/neighbours/fuse.py')
const hasFuse = spawnSync('unshare', ['-m', 'test', '-c', '/dev/fuse']).status === 0

interface Answer {
  steps: { id: string; state: string; detail: string }[]
}

t.test('every login that is theirs ends', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await ownMachine(t)
  const url = box.authority.url
  const config = (store: string) =>
    `version: 1\nstore: ${store}\nendpoints: {oauth: "${url}", api: "${url}"}\n`
  await machine.write('/root/site.yaml', config('local'))
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
  const words = [
    join(root, 'bin/claude-auth'),
    'install',
    '--system',
    '--config',
    '/root/site.yaml',
  ]
  const installed = await machine.run(process.execPath, words)
  t.equal(installed.code, 0, installed.stderr)

  const signIn = async (user: string, folder = '.claude') => {
    const login = box.signIn()
    const file = `/home/${user}/${folder}/.credentials.json`
    await machine.sh(`install -d -m 700 -o ${user} -g ${user} /home/${user}/${folder}`)
    await machine.write(file, JSON.stringify({ claudeAiOauth: login }), 0o600)
    await machine.sh(`chown ${user}: ${file}`)
    return login.accessToken
  }
  const isAlive = (token: string) => box.authority.accepts(token) !== null
  const revoked = async (user: string) => {
    for (const stage of ['cut', 'revoke']) {
      const more = ['--stage', stage, '--here', '--yes', '--now', '--json']
      const ended = await machine.run('/usr/local/bin/claude-auth', ['offboard', user, ...more])
      if (stage === 'cut') continue
      const { steps } = JSON.parse(ended.stdout || '{"steps":[]}') as Answer
      return steps.find(({ id }) => id === 'logout') ?? ended.stderr
    }
    return null
  }

  await t.test('a folder that is not theirs is left to a person, and the rest ends', async t => {
    await machine.addUser('alice')
    const token = await signIn('alice')
    const [roots, open] = [await signIn('alice', 'team'), await signIn('alice', 'open')]
    await machine.sh('chown -R root: /home/alice/team; chmod 777 /home/alice/open')
    t.match(await revoked('alice'), { state: 'left', detail: /\/home\/alice\/(team|open) / })
    t.notOk(isAlive(token))
    t.ok(isAlive(roots))
    await machine.sh('rm -r /home/alice/team; chmod 700 /home/alice/open')
    t.match(await revoked('alice'), { state: 'done' })
    t.notOk(isAlive(open))
  })

  await t.test('a sealed copy from before `store: none` ends too', async t => {
    await machine.addUser('bob')
    const sealed = await signIn('bob')
    const ensure = ['ensure', '--force', '--json']
    const ensured = await machine.as('bob', '/usr/local/bin/claude-auth', ensure)
    t.match(
      await machine.sh('ls /home/bob/.local/share/claude-auth'),
      'default.jwe',
      ensured.stderr,
    )
    await machine.write('/etc/claude-auth/config.yaml', config('none'))
    const now = await signIn('bob')
    await machine.as('bob', '/usr/local/bin/claude-auth', ensure)
    t.ok(isAlive(sealed))
    t.match(await revoked('bob'), { state: 'done' })
    t.notOk(isAlive(now))
    t.notOk(isAlive(sealed))
  })

  const skip = hasFuse ? false : 'it takes FUSE'
  await t.test('a mount that hangs in the home keeps no login alive', { skip }, async t => {
    await machine.addUser('carol')
    const token = await signIn('carol')
    const uid = (await machine.sh('id -u carol')).trim()
    await machine.sh(
      `mkdir /home/carol/far; python3 ${fuse} - /home/carol/far ${uid} >/run/said 2>&1 & echo $! >/run/server
       until grep -q mounted /run/said; do sleep 0.1; done`,
    )
    t.match(await revoked('carol'), { state: 'left', detail: /\/home\/carol\/far gives no answer/ })
    t.notOk(isAlive(token))
    await machine.sh('kill -9 $(cat /run/server); umount -l /home/carol/far')
    t.match(await revoked('carol'), { state: 'done' })
  })
})
