// The lock of the gate, taken by the system's flock: only its own words tell that a file system has none.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { type Shell, shells } from '../kit/wrapper-box.js'

const tools = join(import.meta.dirname, '../../bin/tools.sh')

/** The exit code of `ca_lock KIND SECONDS` on `file`. */
function lock(shell: Shell, file: string, asked: string, env: Record<string, string>) {
  const [program = '', ...args] = shells[shell]
  const script = `ca_system_path=$PATH; . ${tools}; ca_lock ${asked} 9>>"$1"`
  return spawnSync(program, [...args, '-c', script, 'sh', file], {
    env: { PATH: '/usr/bin:/bin', ...env },
    timeout: 20_000,
  }).status
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(`${shell}: a lock that is held stays held, whatever else is said`, async t => {
    const gate = join(t.testdir({}), 'gate')
    t.equal(lock(shell, gate, '-x 0', {}), 0)
    const holder = spawn('flock', ['-x', gate, 'sh', '-c', 'echo held; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    t.teardown(() => void holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')
    for (const env of [{}, { LD_PRELOAD: '/nowhere/preload.so' }, { LC_ALL: 'de_DE.UTF-8' }])
      for (const asked of ['-x 0', '-s 1'])
        t.equal(lock(shell, gate, asked, env as Record<string, string>), 1, asked)
  })
