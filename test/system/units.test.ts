// The units, as systemd itself judges them once the program's path is put in.

import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cannotRun } from '../kit/cannot-run.js'

const source = fileURLToPath(new URL('../../systemd', import.meta.url))
const bin = fileURLToPath(new URL('../../bin', import.meta.url))
const skip = cannotRun('systemd-analyze', '--version')

/** Installed into a folder, as `install` does it. */
function installed(folder: string): Record<'system' | 'user', string[]> {
  cpSync(bin, join(folder, 'bin'), { recursive: true })
  const place = (kind: 'system' | 'user') => {
    mkdirSync(join(folder, kind))
    return readdirSync(join(source, kind)).map(name => {
      const text = readFileSync(join(source, kind, name), 'utf8')
      writeFileSync(join(folder, kind, name), text.replaceAll('@program@', folder))
      return join(folder, kind, name)
    })
  }
  return { system: place('system'), user: place('user') }
}

t.test('systemd finds nothing to say about them', { skip }, async t => {
  const { system, user } = installed(t.testdir())
  // Short, for the sockets of other units.
  const XDG_RUNTIME_DIR = mkdtempSync(join(tmpdir(), 'run-'))
  t.teardown(() => rmSync(XDG_RUNTIME_DIR, { recursive: true }))
  for (const [kind, units] of Object.entries({ system, user })) {
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      [`--${kind}`, '--man=no', 'verify', ...units],
      { encoding: 'utf8', env: { ...process.env, XDG_RUNTIME_DIR } },
    )
    t.equal(`${stdout}${stderr}`, '', kind)
    t.equal(status, 0, kind)
  }
})

t.test('a service for a user is exposed to 2.5 at most', { skip }, async t => {
  const { system } = installed(t.testdir())
  const services = system.filter(path => path.endsWith('.service'))
  t.equal(services.length, 3)
  for (const service of services) {
    const args = ['security', '--offline=true', '--threshold=25', '--no-pager', service]
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    t.equal(status, 0, stdout)
  }
})

t.test('the timers come every 15 minutes, each at a time of its own', { skip }, async t => {
  for (const timer of [
    'user/claude-auth.timer',
    'system/claude-auth-users.timer',
    'system/claude-auth-fleet.timer',
  ]) {
    const text = readFileSync(join(source, timer), 'utf8')
    const calendar = /^OnCalendar=(.*)$/m.exec(text)?.[1] ?? ''
    const args = ['calendar', '--iterations=3', '--base-time=2026-11-26 10:01:00', calendar]
    const told = execFileSync('systemd-analyze', args, { encoding: 'utf8', env: { TZ: 'UTC' } })
    for (const time of ['10:15:00', '10:30:00', '10:45:00']) t.match(told, time)
    t.match(text, /^RandomizedDelaySec=/m)
  }
})
