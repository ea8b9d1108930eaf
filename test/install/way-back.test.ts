import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Manifest } from '../../src/install/manifest.js'
import { ownCommand, undoInstall, undoUninstall } from '../../src/install/way-back.js'
import { ownRoot } from '../../src/system/program-places.js'
import { version } from '../../src/version.js'

const bare = { root: '', packageKind: null } as const

function copiedFrom(from: string, node: string): Manifest {
  const make = { kind: 'program', from, node, print: 'p' } as const
  const path = `/usr/local/lib/claude-auth/${version}`
  return {
    formatVersion: 1,
    version,
    complete: true,
    choices: { custody: 'sole', base: null },
    entries: [{ path, make, before: { kind: 'absent' }, after: [] }],
  }
}

t.test('what takes an installation back', async t => {
  t.equal(undoInstall({ ...bare, scope: 'user' }), 'claude-auth uninstall')
  t.equal(undoInstall({ ...bare, scope: 'system' }), 'sudo claude-auth uninstall --system')
  t.equal(
    undoInstall({ ...bare, scope: 'system', root: '/srv/image' }),
    'claude-auth uninstall --system --root /srv/image',
  )
  t.match(
    undoInstall({ ...bare, scope: 'system', packageKind: 'deb' }),
    /^sudo (apt remove|dpkg -r) claude-auth$/,
  )
  t.match(
    undoInstall({ ...bare, scope: 'system', packageKind: 'rpm' }),
    /^sudo (\w+ remove|rpm -e) claude-auth$/,
  )
})

t.test('a command is named by its path where PATH leads to none', async t => {
  const own = join(ownRoot(), 'bin/claude-auth')
  t.equal(ownCommand('install', 'system', '/nonexistent'), `sudo ${own} install --system`)
  t.equal(ownCommand('uninstall', 'user', ''), `${own} uninstall`)
})

t.test('what makes it again never names a command that is gone', async t => {
  const folder = t.testdir({ bin: {}, unpacked: { dist: {} } })
  const origin = join(folder, 'unpacked')
  const nowhere = join(folder, 'nowhere')
  const machine = { ...bare, scope: 'system' } as const
  const person = { ...bare, scope: 'user' } as const
  const after = (options: Parameters<typeof undoUninstall>[0], from: string, node: string) =>
    undoUninstall(options, { earlier: copiedFrom(from, node), path: join(folder, 'bin') })

  await t.test('from a package, that package', async t => {
    t.match(
      after({ ...machine, packageKind: 'deb' }, nowhere, ''),
      new RegExp(`^sudo \\S+ \\S+ \\./claude-auth_${version}_(amd64|arm64)\\.deb$`),
    )
    t.match(
      after({ ...machine, packageKind: 'rpm' }, nowhere, ''),
      new RegExp(`^sudo \\S+ \\S+ \\./claude-auth-${version}-1\\.(x86_64|aarch64)\\.rpm$`),
    )
  })

  await t.test('what it was copied from, while that is there', async t => {
    // This test's own program stands as well, so that is what is left to name.
    t.equal(after(person, nowhere, ''), `${join(ownRoot(), 'bin/claude-auth')} install`)
    writeFileSync(join(origin, 'dist/claude-auth.cjs'), '')
    t.equal(after(person, origin, ''), `${origin}/bin/claude-auth install`)
    t.equal(after(machine, origin, ''), `sudo ${origin}/bin/claude-auth install --system`)
    writeFileSync(join(origin, 'install.sh'), '')
    t.equal(after(machine, origin, ''), `sudo sh ${origin}/install.sh --system`)
    t.equal(after(person, origin, ''), `sh ${origin}/install.sh`)
  })

  await t.test('the command, where PATH still leads to one', async t => {
    mkdirSync(join(folder, 'bin'), { recursive: true })
    writeFileSync(join(folder, 'bin/claude-auth'), '#!/bin/sh\n')
    chmodSync(join(folder, 'bin/claude-auth'), 0o755)
    t.equal(after(person, origin, ''), 'claude-auth install')
    t.equal(after(machine, origin, ''), 'sudo claude-auth install --system')
  })
})
