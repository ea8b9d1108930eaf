// A person with a program of their own goes on with it when the machine's comes and goes.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')

t.test(
  "the machine's uninstall leaves an own installation alone",
  { skip: noOwnMachine },
  async t => {
    const box = await sandbox(t, { login: 'valid' })
    const machine = await ownMachine(t)
    await machine.write('/usr/bin/claude', '#!/bin/sh\necho "client $*"\n', 0o755)
    await machine.addUser('ada')
    const url = box.authority.url
    const config = `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`
    await machine.sh('mkdir -p -m 700 /home/ada/.claude /home/ada/.config/claude-auth')
    await machine.write('/home/ada/.config/claude-auth/config.yaml', config, 0o600)
    const file = '/home/ada/.claude/.credentials.json'
    await machine.write(file, JSON.stringify({ claudeAiOauth: box.signIn() }), 0o600)
    await machine.sh('chown -R ada: /home/ada')
    t.match(await machine.as('ada', program, ['install', '--yes']), { code: 0 })
    const token = async () => JSON.parse(await machine.sh(`cat ${file}`)).claudeAiOauth.refreshToken
    t.ok((await token()) === null, 'in sole custody')

    for (const word of ['install', 'uninstall']) {
      const { code, stderr } = await machine.run('node', [program, word, '--system'])
      t.equal(code, 0, `${word}: ${stderr}`)
    }
    t.ok((await token()) === null, 'and still')
    const launched = await machine.as('ada', '/home/ada/.local/bin/claude', ['hi'])
    t.match(launched, { code: 0, stdout: 'client hi\n', stderr: '' })
    t.match(
      await machine.sh('cat /home/ada/.claude/settings.json'),
      'claude-auth hook session-start',
    )
    t.match(await machine.as('ada', '/home/ada/.local/bin/claude-auth', ['ensure']), { code: 0 })
  },
)
