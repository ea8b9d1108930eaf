// A site with another helper's Vault document and token file changes over by one line; nobody signs in again.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openBao } from '../kit/openbao.js'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')

t.test('the document and the token stay where they are', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const bao = await openBao(t)
  const machine = await ownMachine(t)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho "client $*"\n', 0o755)
  await machine.addUser('dora')
  const login = box.signIn()
  await bao.put('dora', {
    claude_ai_oauth_json: JSON.stringify(login),
    credential_expires_at_ms: login.expiresAt,
    backed_up_at: new Date().toISOString(),
    of_the_helper: 'stays',
  })
  const folder = '/home/dora/.config/old-helper'
  await machine.sh(`mkdir -p ${folder}`)
  await machine.write(
    `${folder}/token`,
    `${await bao.userToken('dora', { patch: false })}\n`,
    0o600,
  )
  await machine.sh('chown -R dora: /home/dora')

  const site = {
    version: 1,
    store: 'vault',
    vault: {
      address: bao.address,
      path: 'workstation/claude-users/{user}',
      auth: { method: 'token', tokenFile: '~/.config/old-helper/token' },
    },
    endpoints: { oauth: box.authority.url, api: box.authority.url },
  }
  await machine.write('/root/site.yaml', JSON.stringify(site, null, 2))
  const words = ['install', '--system', '--yes', '--config', '/root/site.yaml']
  const installed = await machine.run('node', [program, ...words])
  t.equal(installed.code, 0, installed.stderr)

  const launched = await machine.run('su', ['-', 'dora', '-c', 'claude -p hi'])
  t.match(launched, { code: 0, stdout: 'client -p hi\n', stderr: '' })
  const file = JSON.parse(await machine.sh('cat /home/dora/.claude/.credentials.json'))
  t.match(file.claudeAiOauth, { accessToken: /^sk-ant-oat01-/, refreshToken: null })
  const checked = await machine.run('su', ['-', 'dora', '-c', 'claude-auth ensure --json'])
  t.match(JSON.parse(checked.stdout), {
    verdict: 'ok',
    custody: 'sole',
    store: { kind: 'vault', state: 'current' },
  })
  t.match((await bao.document('dora'))?.data, {
    of_the_helper: 'stays',
    claude_ai_oauth_json: String,
  })
  t.equal(box.authority.counts().reuses, 0)
})
