// `claude-auth doctor --system`: a machine before it is set up, set up, damaged, and as a user sees it.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { DoctorCheck } from '../kit/doctor.js'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')

async function machineOf(machine: OwnMachine, command = 'claude-auth') {
  const { code, stdout, stderr } = await machine.run(command, ['doctor', '--system', '--json'])
  const { verdict, schemaVersion, checks } = JSON.parse(stdout || `{"stderr":"${stderr}"}`)
  const check = (id: string) => (checks as DoctorCheck[]).find(each => each.id === id)
  return { code, verdict, schemaVersion, check, ids: (checks as DoctorCheck[]).map(({ id }) => id) }
}

t.test('from a fresh machine to a damaged one', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho "2.1.330 (Claude Code)"\n', 0o755)
  const fresh = await machineOf(machine, program)
  t.match(fresh, { code: 1, verdict: 'broken', schemaVersion: 1 })
  t.match(fresh.check('package'), { state: 'fail', hint: 'sudo claude-auth install --system' })
  t.same(
    fresh.ids.filter(id => ['hooks', 'wrapper', 'users'].includes(id)),
    [],
    'what it would bring is not missed one by one',
  )
  const plain = await machine.run(program, ['doctor'])
  t.match(plain.stdout, /^Root has not used Claude here; this is about the machine/)
  t.notMatch(plain.stdout, /You need to sign in/)

  const installed = await machine.run(program, ['install', '--system', '--yes'])
  t.equal(installed.code, 0, installed.stderr)
  t.match(installed.stdout, /\n\nThis machine is set up\.\n/, 'it ends with the machine')
  t.notMatch(installed.stdout, 'claude-auth ensure')
  await machine.addUser('alice')
  const well = await machineOf(machine)
  t.match(well, { code: 0, verdict: 'ok' })
  for (const id of [
    'package',
    'places',
    'client',
    'wrapper',
    'hooks',
    'settings',
    'skel',
    'config',
  ])
    t.match(well.check(id), { state: 'ok' }, id)
  t.match(well.check('client'), { message: /\/usr\/bin\/claude/ })
  const again = await machine.run('claude-auth', ['install', '--system', '--yes'])
  t.match(again.stdout, /^Changed: nothing; everything was in place\.\n\nThis machine/m)
  t.notMatch(again.stdout, /Reopen|Undo/)

  await machine.sh('rm /usr/local/bin/claude')
  await machine.write('/etc/claude-code/managed-settings.json', '{ "hooks": ')
  await machine.write('/etc/claude-auth/config.yaml', 'version: 1\nmodee: on\n')
  const bad = await machineOf(machine)
  t.match(bad, { code: 1, verdict: 'broken' })
  t.match(bad.check('wrapper'), { state: 'warn' })
  t.match(bad.check('places'), { state: 'warn', message: /\/usr\/local\/bin\/claude/ })
  t.match(bad.check('settings'), { state: 'fail', message: /managed-settings\.json/ })
  t.match(bad.check('config'), { state: 'fail', message: /modee/ })

  const user = await machine.as('alice', 'claude-auth', ['doctor', '--system', '--json'])
  const seen = JSON.parse(user.stdout) as { checks: DoctorCheck[] }
  for (const id of ['places', 'users'])
    t.match(
      seen.checks.find(each => each.id === id),
      { state: 'note', hint: 'sudo claude-auth doctor --system' },
      id,
    )
  t.match(
    seen.checks.find(each => each.id === 'settings'),
    { state: 'fail' },
  )
  t.match(await machine.run('claude-auth', ['doctor', '--system', '--fix']), { code: 2 })
})
