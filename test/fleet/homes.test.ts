// The records in the homes of this machine: what is believed, and what is not even opened.

import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { seenInHomes } from '../../src/fleet/homes.js'
import { recordText } from '../../src/fleet/record.js'
import { healthRecord } from '../kit/fleet-site.js'

const uid = process.geteuid?.() ?? -1
const isRoot = uid === 0

function home(t: Test): { home: string; file: string } {
  const home = mkdtempSync(join(tmpdir(), 'claude-auth-home-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const state = join(home, '.claude/.claude-auth')
  mkdirSync(state, { recursive: true, mode: 0o700 })
  return { home, file: join(state, 'health.json') }
}

const program = join(import.meta.dirname, '../../bin/claude-auth')
const reader = [process.execPath, program, 'fleet', '--answer-for-homes']
const at = { host: 'ws1', reader }

const text = recordText(healthRecord()) ?? ''

async function seen(home: string, owner = uid) {
  const [found] = await seenInHomes([{ name: 'alice', uid: owner, gid: owner, home }], at)
  return found?.record
}

t.test('a record of the user is read, and none is none', async t => {
  const { home: place, file } = home(t)
  t.equal(await seen(place), undefined)
  writeFileSync(file, text, { mode: 0o600 })
  t.match(await seen(place), { verdict: 'ok', version: '0.1.0' })
  t.same(await seenInHomes([], at), [])
})

t.test(
  'a link, a pipe’s place, a file of another or one that is too large is no record',
  async t => {
    const { home: place, file } = home(t)
    const elsewhere = join(place, 'elsewhere')
    writeFileSync(elsewhere, text, { mode: 0o600 })
    symlinkSync(elsewhere, file)
    t.equal(await seen(place), 'unreadable')
    rmSync(file)
    mkdirSync(file)
    t.equal(await seen(place), 'unreadable')
    rmSync(file, { recursive: true })
    writeFileSync(file, text.padEnd(4097), { mode: 0o600 })
    t.equal(await seen(place), 'unreadable')
    writeFileSync(file, '{"v":1', { mode: 0o600 })
    t.equal(await seen(place), 'unreadable')
    writeFileSync(file, text, { mode: 0o600 })
    if (isRoot) {
      lchownSync(file, 4321, 4321)
      t.equal(await seen(place), 'unreadable')
      lchownSync(file, 0, 0)
    }
    t.match(await seen(place), { verdict: 'ok' })
    linkSync(file, join(place, 'second-name'))
    t.match(await seen(place), { verdict: 'ok' })
  },
)

t.test('a folder that others may write to is not believed', async t => {
  const { home: place, file } = home(t)
  writeFileSync(file, text, { mode: 0o600 })
  chmodSync(join(place, '.claude'), 0o777)
  t.equal(await seen(place), 'unreadable')
})

t.test('one home that can’t be read takes nothing from the others', async t => {
  const good = home(t)
  const bad = home(t)
  writeFileSync(good.file, text, { mode: 0o600 })
  writeFileSync(bad.file, 'nonsense')
  const found = await seenInHomes(
    [bad, good].map(({ home }, at) => ({ name: `user${at}`, uid, gid: uid, home })),
    at,
  )
  t.same(found.map(({ user, record }) => [user, typeof record]).sort(), [
    ['user0', 'string'],
    ['user1', 'object'],
  ])
})
