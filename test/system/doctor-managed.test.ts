// Faults in what an admin makes for everybody, on a machine of the test's own: each hint is typed there.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { asInstalled, doctor, findsFault, healthy, wrappedPath } from '../kit/doctor.js'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const folder = '/etc/claude-code'

/** A home as install leaves it, looked at from a machine whose /etc is the test's. */
async function managed(t: Test) {
  const box = await healthy(t)
  asInstalled(box)
  const machine = await ownMachine(t)
  await machine.sh(`mkdir -p ${folder}/managed-settings.d`)
  const command: typeof box.command = (args, more) =>
    machine.run(program, args, { ...more, env: { ...box.env, ...wrappedPath(box), ...more?.env } })
  return { machine, box: { ...box, command } }
}

t.test('hooks-policy: only managed hooks may run', { skip: noOwnMachine }, async t => {
  const { machine, box } = await managed(t)
  const file = `${folder}/managed-settings.json`
  await machine.write(file, JSON.stringify({ allowManagedHooksOnly: true }))
  const found = await findsFault(t, box, 'hooks-policy', { fixable: false })
  t.match(found, {
    message: `allowManagedHooksOnly in ${file} disables`,
    hint: `sudo vi ${file}`,
  })
})

t.test('settings: a managed drop-in that is no JSON', { skip: noOwnMachine }, async t => {
  const { machine, box } = await managed(t)
  const file = `${folder}/managed-settings.d/50-site.json`
  await machine.write(file, '{"env": {"A": "1",}')
  const found = await findsFault(t, box, 'settings', { fixable: false })
  t.match(found, { state: 'fail', message: file })
  const { code, verdict } = await doctor(box)
  t.match({ code, verdict }, { code: 1, verdict: 'broken' }, 'the client does not start')
})

t.test('alerts: the webhook file of the machine', { skip: noOwnMachine }, async t => {
  const { machine, box } = await managed(t)
  const file = '/etc/claude-auth/slack-webhook'
  const endpoints = { oauth: box.authority.url, api: box.authority.url }
  box.writeConfig({ version: 1, endpoints, alerts: { slack: { webhookFile: file } } })
  await machine.sh(
    'groupadd --force claude-auth && useradd -m alice && usermod -aG claude-auth alice',
  )
  const missing = await findsFault(t, box, 'alerts', { fixable: false })
  t.equal(missing.hint, `sudo install -D -m 640 -g claude-auth /dev/stdin ${file}`)
  await machine.sh(`echo https://hooks.slack.com/services/T0/B0/x | ${missing.hint}`)
  t.same((await doctor(box)).faults, [])

  await machine.sh(`chown root:root ${file} && chmod 644 ${file}`)
  const open = await findsFault(t, box, 'alerts', { fixable: false })
  t.equal(open.hint, `sudo chown root:claude-auth ${file} && sudo chmod 640 ${file}`)
  await machine.sh(open.hint ?? '')
  t.same((await doctor(box)).faults, [])
  await machine.sh(`setpriv --reuid=alice --regid=alice --init-groups cat ${file}`)
})

t.test(
  'alerts: the webhook file of the machine is closed to a user',
  { skip: noOwnMachine },
  async t => {
    const machine = await ownMachine(t)
    const file = '/etc/claude-auth/slack-webhook'
    await machine.addUser('alice')
    await machine.sh('groupadd --force claude-auth && mkdir -p /etc/claude-auth')
    await machine.write(file, 'https://hooks.slack.com/services/T0/B0/x\n', 0o600)
    await machine.write('/etc/claude-auth/config.yaml', `alerts: {slack: {webhookFile: ${file}}}\n`)
    const look = () =>
      machine.as('alice', process.execPath, [
        program,
        'doctor',
        '--json',
        '--offline',
        '--only',
        'alerts',
      ])
    const { hint } = JSON.parse((await look()).stdout).checks[0]
    t.match(hint, /chmod 640 .* usermod -aG claude-auth "\$\(id -un\)"$/)
    // As alice would type it, who may use sudo.
    await machine.write('/etc/sudoers.d/alice', 'alice ALL=(ALL) NOPASSWD: ALL\n', 0o440)
    const typed = await machine.as('alice', 'sh', ['-c', hint])
    t.equal(typed.code, 0, typed.stderr)
    t.match(JSON.parse((await look()).stdout).checks[0], { state: 'ok' })
  },
)

t.test('config: a folder of root’s that others may write', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await machine.addUser('alice')
  await machine.sh('mkdir -p /etc/claude-auth')
  await machine.write('/etc/claude-auth/config.yaml', 'mode: on\n')
  await machine.sh('chmod 777 /etc/claude-auth')
  const look = () =>
    machine.as('alice', process.execPath, [program, 'doctor', '--json', '--offline'])
  const { checks } = JSON.parse((await look()).stdout)
  t.match(checks, [{ id: 'config', state: 'fail', hint: 'sudo chmod go-w /etc/claude-auth' }])
  await machine.sh(checks[0].hint)
  t.not(JSON.parse((await look()).stdout).checks[0].state, 'fail')
})
