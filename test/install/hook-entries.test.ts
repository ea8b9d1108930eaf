// The hook entries: what the client runs, whatever the program's folder is called.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { hookEntries, isOurHook } from '../../src/install/shipped.js'

t.test('each event runs one command of the program', t => {
  const { hooks } = hookEntries('/usr/local/lib/claude-auth/current')
  const commands = Object.entries(hooks).map(([event, entries]) => [
    event,
    entries.flatMap(entry => entry.hooks.map(({ command }) => command)),
  ])
  t.same(Object.fromEntries(commands), {
    SessionStart: ['/usr/local/lib/claude-auth/current/bin/claude-auth hook session-start'],
    UserPromptSubmit: [
      '/usr/local/lib/claude-auth/current/bin/claude-auth hook user-prompt-submit',
    ],
    StopFailure: ['/usr/local/lib/claude-auth/current/bin/claude-auth hook stop-failure'],
    SessionEnd: ['/usr/local/lib/claude-auth/current/bin/claude-auth hook session-end'],
  })
  t.end()
})

t.test('a folder with any name is one word for the shell', t => {
  const folder = join(mkdtempSync(join(tmpdir(), 'claude-auth-entries-')), `it's $(touch x) "a b"`)
  t.teardown(() => rmSync(join(folder, '..'), { recursive: true, force: true }))
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'bin/claude-auth'), '#!/bin/sh\necho "$*"\n')
  chmodSync(join(folder, 'bin/claude-auth'), 0o755)
  const command = hookEntries(folder).hooks.SessionEnd[0]?.hooks[0]?.command ?? ''
  t.equal(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }), 'hook session-end\n')
  t.ok(isOurHook(command))
  t.end()
})

t.test('ours are told from others', t => {
  const { hooks } = hookEntries('/opt/x')
  for (const entries of Object.values(hooks))
    for (const entry of entries) for (const { command } of entry.hooks) t.ok(isOurHook(command))
  const others = ['', 'claude-auth', '/opt/x/bin/claude-auth status', 'echo hook session-start']
  for (const command of others) t.notOk(isOurHook(command), command)
  t.end()
})
