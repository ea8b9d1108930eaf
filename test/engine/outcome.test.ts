// The outcome of a run: the store's state is what the store said, where it was asked.

import { rmSync } from 'node:fs'
import t from 'tap'
import { custodies, engine, hourMs } from '../kit/engine.js'

for (const custody of custodies)
  t.test(`a store that has lost the login is not called current, ${custody}`, async t => {
    const at = await engine(t, { config: { custody } })
    t.match((await at.ensure()).store, { state: 'current', version: 1 })
    rmSync(at.storeFolder, { recursive: true })
    const { verdict, store } = await at.ensure({ forced: true })
    t.equal(verdict, 'ok', 'the login works')
    // In sole custody its refresh token is gone, so that it can't be stored again.
    t.match(store, { state: custody === 'sole' ? 'empty' : 'current' })
    if (custody === 'shared') return
    at.pass(9 * hourMs)
    t.match(await at.ensure(), {
      because: 'login-lost',
      store: { kind: 'local', state: 'empty', version: null },
    })
  })
