// Faults in what is to be saved to: folders that are somebody else's, closed, or on a disk that is read-only.

import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { closedPath } from '../../src/doctor/own-files.js'
import { loginContextOf } from '../../src/engine/login-context.js'
import { doctor, healthy } from '../kit/doctor.js'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import type { Sandbox } from '../kit/sandbox.js'

const isRoot = process.geteuid?.() === 0
const program = new URL('../../bin/claude-auth', import.meta.url).pathname
const places = [
  '.claude',
  '.claude/.claude-auth',
  '.claude/.claude-auth/gate',
  '.local/share/claude-auth',
]

/** The same home, given to a user of a machine of our own, who asks. */
async function asAlice(t: Test, box: Sandbox): Promise<Sandbox> {
  const machine = await ownMachine(t)
  await machine.addUser('alice')
  await machine.sh(`chown -R alice: ${box.home.path} && chmod 755 ${box.home.path}`)
  // The authority's file is closed to her, and on loopback not needed.
  const env = { ...box.env, NODE_EXTRA_CA_CERTS: '' }
  const command: typeof box.command = (args, more) =>
    machine.as('alice', program, args, { ...more, env: { ...env, ...more?.env } })
  return { ...box, command }
}

for (const place of places)
  t.test(`own-files: ${place} belongs to root`, { skip: noOwnMachine || !isRoot }, async t => {
    const box = await healthy(t)
    const path = join(box.home.path, place)
    const as = await asAlice(t, box)
    t.notMatch((await doctor(as)).faults, ['own-files'])
    chownSync(path, 0, 0)
    const seen = await doctor(as)
    t.match(seen.check('own-files'), {
      state: 'fail',
      message: /belongs to root: no login can be saved\.$/,
      hint: /^sudo chown -R alice /,
    })
    t.equal(seen.verdict, 'broken')
  })

t.test('nothing of a home that is not ours', async t => {
  const box = await healthy(t)
  const place = loginContextOf(box.env)
  const store = join(box.home.path, '.local/share/claude-auth')
  t.equal(closedPath(place, store), null)
  t.ok(readdirSync(store).length > 0)
  const { uid } = place.person
  t.equal(closedPath({ ...place, person: { ...place.person, uid: uid + 1 } }, store), null)
})

// No mode closes anything to root.
t.test('closed by its mode, and mended', { skip: isRoot && noOwnMachine }, async t => {
  const box = await healthy(t)
  const { state } = loginContextOf(box.env).paths
  const as = isRoot ? await asAlice(t, box) : box
  chmodSync(state, 0o500)
  t.match((await doctor(as)).check('own-files'), { state: 'fail', fixable: true })
  const mended = await as.command(['doctor', '--fix', '--yes'])
  t.equal(mended.code, 0, mended.stdout + mended.stderr)
  t.equal(statSync(state).mode & 0o777, 0o700)
  t.match((await doctor(as)).check('own-files'), { state: 'ok' })
})
