// docs/onboarding.md as a new admin walks through it: its roster, its commands and what they print, on a machine with a real OpenBao.

import t from 'tap'
import { peopleLines } from '../../src/alerts/site-news.js'
import { blocksOf, readManual } from '../docs/manual.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { program, rosterMachine } from '../kit/roster-machine.js'

// The machine's layers have no /srv.
const page = readManual('onboarding.md').replaceAll('/srv/', '/opt/')
const blocks = blocksOf(page.replaceAll(/^ {3}(?=\S|$)/gm, ''))
const roster = blocks.find(({ under }) => under === 'The roster')?.text ?? ''
const file = /^# (\S+)$/m.exec(roster)?.[1] ?? ''
const [config, check, problem] = blocks.filter(({ under }) => under === 'Once').map(at => at.text)
const [plan, message] = blocks
  .filter(({ under }) => under === 'A person comes')
  .map(({ text }) => text)

t.test('each command of the page does what stands below it', { skip: noOwnMachine }, async t => {
  const at = await rosterMachine(t, { accounts: ['ada', 'bob', 'carol'] })
  const { machine, git } = at
  const run = (line: string) => machine.run('/bin/sh', ['-c', `cd /opt/infra.git && ${line}`])
  await machine.write('/usr/local/bin/claude-auth', `#!/bin/sh\nexec ${program} "$@"\n`, 0o755)
  const kept = await machine.sh(
    "grep -v '^roster' /etc/claude-auth/config.yaml; rm /etc/claude-auth/roster.yaml",
  )
  await machine.write('/etc/claude-auth/config.yaml', `${kept}${config}`)
  git.commit({ [file]: roster.replace(/^ *bob:.*\n/m, '') }, 'We begin')
  git.push()
  await machine.sh(`git clone -q ${git.bare} /opt/infra.git`)
  t.equal((await run('claude-auth roster apply --yes')).code, 0)

  git.commit({ [file]: roster }, 'Bob comes\n\nHe starts on Monday.')
  git.push()
  await machine.sh('git -C /opt/infra.git pull -q')
  t.match(await run(check ?? ''), { code: 0, stdout: `${file}: in order (3 users, 1 of them` })
  await machine.sh(`sed -i 's/2026-12-01/soon/' /opt/infra.git/${file}`)
  t.match(await run(check ?? ''), { code: 2, stdout: problem })
  await machine.sh('git -C /opt/infra.git checkout -q .')

  const planned = await run('claude-auth roster plan')
  const same = (text = '') =>
    text.replaceAll(/\b[0-9a-f]{12}\b/g, 'COMMIT').replaceAll(/\d+ users/g, 'N users')
  t.equal(same(planned.stdout), same(plan?.replaceAll('ws1', at.host)))
  t.equal((await run('SUDO_USER=ada claude-auth roster apply --yes')).code, 0)
  const told = JSON.parse((await machine.sh('tail -n 1 /var/told')).trim())
  const plain = { text: (each: string) => each, link: (each: string) => each }
  const lines = peopleLines(told, plain as never).join('\n')
  t.equal(same(`${lines}\n`), same(message?.replaceAll('ws1', at.host)))
  t.match(await run('claude-auth roster apply --yes'), { code: 0, stdout: /^Nothing to do/ })
})
