// What the package brings: the settings of a new home, and units with the program's folder in them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { hookEntries, readShipped } from '../../src/install/shipped.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('a new home has exactly the hooks', async t => {
  const file = readFileSync(join(root, 'skel/.claude/settings.json'), 'utf8')
  t.same(JSON.parse(file), hookEntries('@program@'))
  const { settings, hooks } = readShipped(root, '/usr/local/lib/claude-auth/current')
  t.same(JSON.parse(settings), hookEntries('/usr/local/lib/claude-auth/current'))
  t.equal(
    hooks['SessionEnd']?.command,
    '/usr/local/lib/claude-auth/current/bin/claude-auth hook session-end',
  )
})

t.test('a folder with a blank in its name is quoted', async t => {
  const { settings } = readShipped(root, '/home/a b/claude-auth/current')
  t.same(JSON.parse(settings), hookEntries('/home/a b/claude-auth/current'))
})

t.test('units are for users or for the machine, and say by what they are started', async t => {
  const folder = t.testdir()
  for (const [path, text] of [
    ['skel/.claude/settings.json', '{}'],
    ['systemd/user/claude-auth.timer', '[Install]\nWantedBy=timers.target\n'],
    ['systemd/system/claude-auth@.service', 'ExecStart=@program@/bin/claude-auth\n'],
  ] as const) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { userUnits, systemUnits, manuals } = readShipped(folder, '/p/current')
  t.match(userUnits, [{ name: 'claude-auth.timer', wantedBy: ['timers.target'] }])
  t.same(systemUnits, [
    { name: 'claude-auth@.service', text: 'ExecStart=/p/current/bin/claude-auth\n', wantedBy: [] },
  ])
  t.same(manuals, [])
})
