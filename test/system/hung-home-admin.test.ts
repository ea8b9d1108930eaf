// A user's home on a mount of theirs that answers nothing, or opens nothing: root's work for the site goes on without them, and ends.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { rosterMachine } from '../kit/roster-machine.js'
import { sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'bin/claude-auth')
const mostMs = 60_000

/** `folder`: what is to be seen there; `-` for nothing. */
async function serve(machine: OwnMachine, user: string, folder: string, more = ''): Promise<void> {
  const fuse = readFileSync(join(root, 'test/lab/neighbours/fuse.py'), 'utf8')
  await machine.write('/opt/fuse.py', fuse)
  await machine.sh(
    `(setsid python3 /opt/fuse.py ${folder} /home/${user} $(id -u ${user}) ${more} >/opt/said.${user} 2>&1 &) </dev/null; ` +
      `for i in 1 2 3 4 5 6 7 8 9; do grep -qs mounted /opt/said.${user} && exit 0; sleep 0.3; done; cat /opt/said.${user}; exit 1`,
  )
}

t.test('fleet, from homes that hang in two ways', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await ownMachine(t)
  await machine.sh('mkdir -p /etc/claude-auth')
  const url = box.authority.url
  const config = `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`
  await machine.write('/etc/claude-auth/config.yaml', config)
  for (const user of ['alice', 'mallory', 'mona', 'zoe']) {
    await machine.addUser(user)
    await machine.sh(`mkdir -m 700 /home/${user}/.claude`)
    const login = JSON.stringify({ claudeAiOauth: box.signIn() })
    await machine.write(`/home/${user}/.claude/.credentials.json`, login, 0o600)
    await machine.sh(`chown -R ${user}: /home/${user}`)
    await machine.as(user, program, ['ensure', '--force'])
  }
  await machine.sh('cp -a /home/mona /opt/mona; chmod 755 /opt/mona')
  await serve(machine, 'mallory', '-')
  await serve(machine, 'mona', '/opt/mona', 'no-open')
  const words = ['fleet', '--from', 'homes', '--json', '--textfile', '/opt/fleet.prom']
  const ended = await machine.run(program, words, { timeoutMs: mostMs })
  t.ok(ended.ms < mostMs, `it ends: ${ended.ms} ms`)
  const { users } = JSON.parse(ended.stdout) as { users: { user: string; state: string }[] }
  t.same(
    users.map(({ user, state }) => `${user} ${state}`).sort(),
    ['alice ok', 'mallory unknown', 'mona unknown', 'zoe ok'],
    ended.stderr,
  )
  t.match(await machine.sh('cat /opt/fleet.prom'), /alice/)
})

t.test('roster and offboard', { skip: noOwnMachine }, async t => {
  const at = await rosterMachine(t)
  at.commit('users: {ada: {tier: admin}, bob: , carol: }\n')
  await serve(at.machine, 'bob', '-')
  const planned = await at.machine.run(program, ['roster', 'plan'], { timeoutMs: mostMs })
  t.match(planned.stdout, /carol .*mint-token/, planned.stderr)
  const applied = await at.machine.run(program, ['roster', 'apply', '--yes'], { timeoutMs: mostMs })
  t.ok(applied.ms < mostMs, `it ends: ${applied.ms} ms`)
  t.not(await at.token('carol'), '', applied.stderr)
  const day = new Date().toISOString().slice(0, 10)
  at.commit(`users: {ada: {tier: admin}, bob: {left: ${day}}, carol: }\n`)
  const words = ['offboard', 'bob', '--stage', 'cut', '--now', '--yes']
  const cut = await at.machine.run(program, words, { timeoutMs: mostMs })
  t.match(cut.stdout, /^bob: cut just now/, cut.stderr)
  t.ok(cut.ms < mostMs, `it ends: ${cut.ms} ms`)
})
