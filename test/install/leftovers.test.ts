// Leaving a home: what goes with our state.

import { existsSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loginContextOf, ownLogins } from '../../src/engine/login-context.js'
import { removeLeftovers } from '../../src/install/uninstall-user.js'
import { noteLock } from '../../src/login/lock-files.js'
import { processFacts } from '../../src/system/processes.js'
import { sandbox } from '../kit/sandbox.js'

t.test(
  'locks that a killed run of ours left go with the note of them, those of others stay',
  async t => {
    const box = await sandbox(t)
    const place = loginContextOf(box.env)
    const { folder, state } = place.paths
    const ours = [join(folder, '.oauth_refresh.lock'), `${folder}.lock`]
    const others = join(folder, '.storage-write.lock')
    mkdirSync(state, { recursive: true, mode: 0o700 })
    for (const path of [...ours, others]) mkdirSync(path)
    for (const path of ours) {
      const { birthtimeMs } = lstatSync(path)
      noteLock(state, { path, atMs: Date.now(), birthtimeMs, by: processFacts(process.pid) })
    }
    t.ok(removeLeftovers(await ownLogins(box.env), box.env))
    t.notOk(existsSync(state))
    t.same(
      [...ours, others].filter(path => existsSync(path)),
      [others],
    )
  },
)
