// Where this program lies, by the name that lasts, and what installations are on record.

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import {
  installedCommand,
  installedFor,
  lastingFolder,
  machineProgram,
  whyNotStarted,
} from '../../src/system/program-places.js'

t.test('a version that is current is named by the link, another one by itself', async t => {
  const folder = t.testdir()
  const versions = ['1.0.0', '1.1.0'].map(name => join(folder, name))
  for (const each of versions) mkdirSync(each)
  const [older = '', newer = ''] = versions
  t.equal(lastingFolder(older), older, 'there is no link')
  symlinkSync('1.1.0', join(folder, 'current'))
  t.equal(lastingFolder(newer), join(folder, 'current'))
  t.equal(lastingFolder(older), older)
})

/** Part of an installation: where it stands below the home or the root, and where a link leads. */
type Trace = { at: string; to?: string }

const traces: [string, Trace, { person: boolean; machine: boolean }][] = [
  ['nothing', { at: '/etc/environment.d/other.conf' }, { person: false, machine: false }],
  [
    'a person’s record',
    { at: '/home/alice/.local/state/claude-auth/manifest.json' },
    { person: true, machine: false },
  ],
  [
    'the machine’s record, as root sees it',
    { at: '/var/lib/claude-auth/manifest.json' },
    { person: false, machine: true },
  ],
  [
    'what it gives every session',
    { at: '/etc/environment.d/60-claude-auth.conf' },
    { person: false, machine: true },
  ],
  [
    'a link whose program is gone',
    { at: '/usr/local/bin/claude-auth', to: `${machineProgram}/current/bin/claude-auth` },
    { person: false, machine: true },
  ],
  [
    'a link of the admin’s own to a clone',
    { at: '/usr/local/bin/claude-auth', to: '/srv/claude-auth/bin/claude-auth' },
    { person: false, machine: false },
  ],
]
for (const [name, { at, to }, expected] of traces)
  t.test(`an installation on record: ${name}`, async t => {
    const root = t.testdir()
    mkdirSync(dirname(join(root, at)), { recursive: true })
    if (to === undefined) writeFileSync(join(root, at), '')
    else symlinkSync(to, join(root, at))
    t.same(installedFor(join(root, 'home/alice'), root), expected)
  })

t.test('a program that is gone is brought back by the command that brought it', async t => {
  const machines = installedCommand(machineProgram)
  if (!existsSync(machines))
    t.match(whyNotStarted(machines, {}), { command: 'sudo claude-auth install --system' })
  t.match(whyNotStarted(join(t.testdir(), 'bin/claude-auth'), {}), {
    command: 'claude-auth install',
  })
})
