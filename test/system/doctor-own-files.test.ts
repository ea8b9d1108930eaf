// Faults in what is to be saved to: folders that are somebody else's, closed, or on a disk that is read-only.

import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { closedPath } from '../../src/doctor/closed-path.js'
import { placeOf } from '../../src/place.js'
import { doctor, healthy } from '../kit/doctor.js'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'

const isRoot = process.geteuid?.() === 0
const program = new URL('../../bin/claude-auth', import.meta.url).pathname
const places = [
  '.claude',
  '.claude/.claude-auth',
  '.claude/.claude-auth/gate',
  '.local/share/claude-auth',
]

for (const place of places)
  t.test(`own-files: ${place} belongs to root`, { skip: noOwnMachine || !isRoot }, async t => {
    const box = await healthy(t)
    const path = join(box.home.path, place)
    const machine = await ownMachine(t)
    await machine.addUser('alice')
    await machine.sh(`chown -R alice: ${box.home.path} && chmod 755 ${box.home.path}`)
    const command: typeof box.command = (args, more) =>
      machine.as('alice', program, args, { ...more, env: { ...box.env, ...more?.env } })
    const as = { ...box, command }
    t.notMatch((await doctor(as)).faults, ['own-files'])
    chownSync(path, 0, 0)
    const seen = await doctor(as)
    t.match(seen.check('own-files'), {
      state: 'fail',
      message: /belongs to user 0: no login can be saved\.$/,
      hint: /^sudo chown -R alice /,
    })
    t.equal(seen.verdict, 'broken')
  })

t.test('closed by its mode, and mended; nothing of a home that is not ours', async t => {
  const box = await healthy(t)
  const place = placeOf(box.env)
  const store = join(box.home.path, '.local/share/claude-auth')
  t.equal(closedPath(place, store), null)
  t.ok(readdirSync(store).length > 0)
  const { uid } = place.person
  t.equal(closedPath({ ...place, person: { ...place.person, uid: uid + 1 } }, store), null)
  if (isRoot) return void t.comment('no mode closes anything to root')
  chmodSync(place.paths.state, 0o500)
  t.match((await doctor(box)).check('own-files'), { state: 'fail', fixable: true })
  t.equal((await doctor(box, ['--fix', '--yes'])).code, 0)
  t.equal(statSync(place.paths.state).mode & 0o777, 0o700)
})
