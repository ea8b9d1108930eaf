// Which of several copies of one login folder this is: from what a copy does not share, on all kinds of ordinary machines.

import fc from 'fast-check'
import t from 'tap'
import {
  compareFingerprints,
  type Instance,
  isForeignHeartbeat,
  isRecorded,
  newInstance,
  withFingerprint,
  withHeartbeat,
  withName,
} from '../../src/login/instance.js'
import type { HostFingerprint } from '../../src/system/host-fingerprint.js'

const laptop: HostFingerprint = {
  machine: 'm1 laptop',
  system: 'boot 1',
  inode: '7',
  folder: '7',
  devices: ['nic 1', 'nic 2'],
}
/** A container on a volume: its hardware says nothing. */
const container: HostFingerprint = { ...laptop, machine: 'm1 abc', devices: [] }
/** A shared home: every host may have the same folder. */
const nfs: HostFingerprint = { ...container, machine: 'm1 ws1' }
const unknown = { folder: '', devices: [] }

const table: [string, HostFingerprint, Partial<HostFingerprint>, 'same' | 'maybe-copied'][] = [
  ['laptop: the next run', laptop, {}, 'same'],
  ['laptop: booted again', laptop, { system: 'boot 2' }, 'same'],
  ['laptop: renamed', laptop, { machine: 'm1 other', system: 'boot 2' }, 'same'],
  ['laptop: system installed anew, home kept', laptop, { machine: 'm2 laptop' }, 'same'],
  ['laptop: one network card was changed', laptop, { devices: ['nic 2', 'new'] }, 'same'],
  ['laptop: Wi-Fi that changes its address', laptop, { devices: [] }, 'same'],
  ['laptop: home put back from a backup', laptop, { inode: '8', folder: '8' }, 'maybe-copied'],
  ['docker: started again on its volume', container, { system: 'boot 1, pid 2' }, 'same'],
  ['docker: made anew on its volume', container, { machine: 'm1 def', system: 'x' }, 'same'],
  [
    'docker: a second one on a copied volume',
    container,
    { inode: '9', folder: '9' },
    'maybe-copied',
  ],
  ['docker: a second one of one image', container, { folder: 'layer 2' }, 'maybe-copied'],
  [
    'k8s: a pod moved to another node with its volume',
    container,
    { machine: 'm2 p', system: 'n2' },
    'same',
  ],
  ['shared home: another host', nfs, { machine: 'm2 ws2', system: 'ws2' }, 'same'],
  ['LXC: a container cloned by rsync', container, { inode: '9', folder: '9' }, 'maybe-copied'],
  ['WSL: started again with another address', container, { system: 'boot 2' }, 'same'],
  ['cloud: a larger disk', laptop, { system: 'boot 2' }, 'same'],
  ['a file system without lasting inode numbers', laptop, { ...unknown, inode: '99' }, 'same'],
  ['VM: cloned, with a network card of its own', laptop, { devices: ['nic 9'] }, 'maybe-copied'],
  [
    'VM: cloned, with an id and a name too',
    laptop,
    { machine: 'm2 b', devices: ['nic 9'] },
    'maybe-copied',
  ],
  ['VM: cloned, with nothing of its own', laptop, { system: 'boot 2' }, 'same'],
  [
    'a home copied to another machine',
    laptop,
    { machine: 'm2 b', folder: '5', devices: ['nic 9'] },
    'maybe-copied',
  ],
  ['golden image: no machine id anywhere', { ...laptop, machine: '' }, { machine: '' }, 'same'],
]

for (const [what, kept, change, expected] of table)
  t.test(`${what}: ${expected}`, async t => {
    const here = { ...kept, ...change }
    t.equal(compareFingerprints([kept], here), expected)
    const before: Instance = { ...newInstance('first'), fingerprints: [kept], heartbeats: ['b1'] }
    const after = withFingerprint(before, here, { freshName: 'second', refreshHash: 'r1' })
    const changed = { name: 'second', formerNames: ['first'], contestedHash: 'r1', heartbeats: [] }
    const same = { name: 'first', formerNames: [], contestedHash: null, heartbeats: ['b1'] }
    t.match(after, expected === 'same' ? same : changed)
    t.same(
      withFingerprint(after, here, { freshName: 'third', refreshHash: 'r2' }),
      after,
      'told once',
    )
  })

t.test('the first fingerprint is no copy of another', async t => {
  const first = withFingerprint(newInstance('first'), laptop, {
    freshName: 'second',
    refreshHash: 'r1',
  })
  t.match(first, { name: 'first', fingerprints: [laptop], contestedHash: null })
  t.ok(isRecorded(first, laptop))
  t.notOk(isRecorded(first, { ...laptop, system: 'boot 2' }), 'and then more is asked')
})

const anyFingerprint: fc.Arbitrary<HostFingerprint> = fc.record({
  machine: fc.constantFrom('a', 'b', 'c'),
  system: fc.constantFrom('1', '2'),
  inode: fc.constantFrom('7', '8'),
  folder: fc.constantFrom('', '7', '8'),
  devices: fc.subarray(['n', 'o', 'p']),
})

t.test(
  'whoever goes back and forth between fingerprints that are known stays who he is',
  async () => {
    fc.assert(
      fc.property(fc.array(anyFingerprint, { minLength: 1, maxLength: 12 }), fingerprints => {
        const facts = { freshName: 'x', refreshHash: null }
        const seen = fingerprints.reduce(
          (at, each) => withFingerprint(at, each, facts),
          newInstance('first'),
        )
        const last = seen.fingerprints.at(-1) as HostFingerprint
        return withFingerprint(seen, last, facts).name === seen.name && isRecorded(seen, last)
      }),
    )
  },
)

t.test('names, ids and boots alone never make a copy', async () => {
  fc.assert(
    fc.property(anyFingerprint, fc.string(), fc.string(), (host, machine, system) => {
      return compareFingerprints([host], { ...host, machine, system }) === 'same'
    }),
  )
})

t.test('a sign of life that we did not leave is a copy’s', async t => {
  const at = withHeartbeat(newInstance('x'), 'b1', '')
  t.notOk(isForeignHeartbeat(at, 'b1'))
  t.ok(isForeignHeartbeat(at, 'b2'))
  t.notOk(isForeignHeartbeat(at, ''), 'an entry of an earlier version')
  t.notOk(isForeignHeartbeat(newInstance('x'), 'b2'), 'a memory that was lost')
  const lost = Array.from({ length: 20 }, (_, i) => `lost${i}`)
  const tried = lost.reduce((each, heartbeat) => withHeartbeat(each, heartbeat, 'b1'), at)
  t.notOk(isForeignHeartbeat(tried, 'b1'), 'the one that stands there stays known')
  t.match(withName(at, 'y'), { name: 'y', formerNames: ['x'], heartbeats: [] })
})
