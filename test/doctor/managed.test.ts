// Faults in the settings that an admin makes for everybody, on a machine of the test's own.

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
    message: `allowManagedHooksOnly in ${file} switches`,
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
