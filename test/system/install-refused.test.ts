// An installation that nothing comes of: it says why, with a command that helps, and leaves nothing behind.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'
import { terminal, until } from '../kit/terminal.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

t.test('who says no at the question finds nothing new in the home', async t => {
  const box = await sandbox(t)
  mkdirSync(join(box.home.path, '.local'))
  const shell = terminal(box)
  t.teardown(() => shell.close())
  shell.type(`'${program}' install\n`)
  await until(() => shell.shown().includes('Go on?'))
  shell.type('n\n')
  await until(() => shell.shown().trimEnd().endsWith('$'))
  t.ok(existsSync(join(box.home.path, '.local')), 'what was there stays')
  t.notOk(existsSync(join(box.home.path, '.local/state')))
})

t.test('settings that are no JSON: nor does a refusal leave anything', async t => {
  const box = await sandbox(t)
  box.home.write(join(box.home.path, '.claude/settings.json'), 'oops')
  const { code, stderr } = await box.command(['install', '--yes'])
  t.equal(code, 2)
  t.match(stderr, 'is not JSON; nothing was changed')
  t.notOk(existsSync(join(box.home.path, '.local')))
})

t.test('folders of root’s in the home of a user', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await machine.write('/usr/bin/claude', '#!/bin/sh\n', 0o755)
  const installed = await machine.run('node', [program, 'install', '--system', '--yes'])
  t.equal(installed.code, 0, installed.stderr)
  await machine.addUser('dora')
  const words = (path: string) => `claude-auth: hint: sudo chown -R dora ${path}\n`
  const refused = async (command: string, path: string) => {
    const { code, stdout, stderr } = await machine.as('dora', 'claude-auth', [command, '--yes'])
    t.same({ code, stdout }, { code: 1, stdout: '' }, stderr)
    t.match(stderr, /^claude-auth: .*\nclaude-auth: hint: .*\n$/)
    t.notMatch(stderr, /unexpected|df -/)
    t.ok(stderr.includes(path), stderr)
    if (command === 'install') t.equal(stderr.slice(-words(path).length), words(path))
  }
  await machine.sh('chown root:root /home/dora/.claude && chmod 700 /home/dora/.claude')
  await refused('install', '/home/dora/.claude')
  await refused('uninstall', '/home/dora/.claude')
  await machine.sh('chown -R dora /home/dora/.claude && chown root:root /home/dora/.local')
  await refused('install', '/home/dora/.local')
})
