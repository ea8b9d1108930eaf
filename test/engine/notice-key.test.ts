// Another key for the sealed store: what the earlier one opens is taken over, and what none opens is said in time.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { engine, hourMs } from '../kit/engine.js'

/** A healthy login in sole custody, its store sealed with the key at `keyFile`, or with our own. */
async function healthy(t: Test, keyFile: string | null = null) {
  const box = await engine(t)
  const key = (name: string) => join(box.home.path, name)
  const use = (name: string | null) =>
    box.configure({ custody: 'sole', ...(name === null ? {} : { local: { keyFile: key(name) } }) })
  const make = (name: string) => writeFileSync(key(name), randomBytes(32), { mode: 0o600 })
  if (keyFile !== null) make(keyFile)
  use(keyFile)
  t.match(await box.ensure(), { verdict: 'ok', store: { state: 'current' } })
  t.equal(box.login()?.refreshToken, null)
  return { ...box, key, use, make, own: join(box.storeFolder, 'key') }
}

const changes: [string, string | null, string | null][] = [
  ['from our own key to one kept elsewhere', null, 'k'],
  ['from a key kept elsewhere back to our own', 'k', null],
  ['from one place to another', 'k', 'other'],
]
for (const [name, before, after] of changes)
  t.test(`${name}: sealed anew while the login is good, and renewed at its end`, async t => {
    const box = await healthy(t, before)
    if (after !== null) box.make(after)
    box.use(after)
    t.match(await box.ensure(), { verdict: 'ok', steps: [{ do: 'launch', because: 'fresh' }] })
    rmSync(before === null ? box.own : box.key(before), { force: true })
    box.pass(9 * hourMs)
    t.match(await box.ensure(), { verdict: 'ok', did: ['read-store', 'renew'] })
    t.match(await box.stored(), { refreshToken: /./ })
    t.equal(box.authority.counts().reuses, 0)
  })

t.test('a changed key that is met first at the login’s end opens what there is', async t => {
  const box = await healthy(t)
  box.make('k')
  box.use('k')
  box.pass(9 * hourMs)
  t.match(await box.ensure(), { verdict: 'ok', did: ['read-store', 'renew'] })
  rmSync(box.own)
  box.pass(9 * hourMs)
  t.match(await box.ensure(), { verdict: 'ok', did: ['read-store', 'renew'] })
})

const losses: [string, (key: string) => void, object][] = [
  ['replaced', key => writeFileSync(key, randomBytes(32)), { state: 'empty' }],
  ['removed', key => renameSync(key, `${key}.away`), { state: 'denied' }],
  ['opened to others', key => chmodSync(key, 0o644), { state: 'denied' }],
]
for (const [name, lose, store] of losses)
  t.test(`a key that was ${name} is said while the login is good, until it is back`, async t => {
    const box = await healthy(t, 'k')
    lose(box.key('k'))
    for (const _ of [1, 2])
      t.match(await box.ensure(), { verdict: 'attention', because: 'fresh', store })
    t.notOk(readdirSync(box.storeFolder).includes('default.unopened.jwe'))
  })

t.test('nothing is opened, and no key made, as long as the key is the same', async t => {
  const box = await healthy(t)
  t.match(await box.ensure(), { verdict: 'ok' })
  const { keyDigest } = box.memory()
  t.match(keyDigest, /^own [0-9a-f]{8}$/)
  const run = await box.run()
  t.equal(run.key.keyDigest(), keyDigest)
  t.ok(existsSync(box.own))
})
