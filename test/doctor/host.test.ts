// Faults of the machine below: a disk without room, folders in /tmp that somebody else made, a home of the network.

import { spawnSync } from 'node:child_process'
import { chownSync, cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { disk, fileSystemOf, home } from '../../src/doctor/host.js'
import { doctor, findsFault, healthy } from '../kit/doctor.js'

const isRoot = process.geteuid?.() === 0

/** For tap's `skip`. A run for all (`CI=true`) is root's, and there it has to work. */
const noMounts = whyNoMounts()

function whyNoMounts(): string | false {
  if (isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'x', '/mnt']).status === 0)
    return false
  const why = isRoot ? 'mounts are not allowed here' : 'needs root'
  if (process.env['CI'] === 'true') throw new Error(why)
  return why
}

/** Mounts a small file system over `folder`, with what is in it. */
function small(t: { teardown: (end: () => void) => void }, folder: string, how: string): void {
  const kept = `${folder}.kept`
  cpSync(folder, kept, { recursive: true })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${how}`, 'tmpfs', folder])
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`)
  t.teardown(() => void spawnSync('umount', ['-l', folder]))
  cpSync(kept, folder, { recursive: true })
  spawnSync('rm', ['-r', kept])
}

t.test('disk: hardly any room for the login', { skip: noMounts }, async t => {
  const box = await healthy(t)
  small(t, box.home.paths.folder, 'size=1m')
  const seen = await doctor(box)
  t.match(seen, { verdict: 'broken', code: 1, faults: ['disk'] })
  t.match(seen.check('disk').message, /KiB are free at .*\.claude: a renewal might not be saved/)
})

t.test('disk: hardly any more files', { skip: noMounts }, async t => {
  const box = await healthy(t)
  small(t, box.home.paths.folder, 'size=64m,nr_inodes=60')
  const seen = await doctor(box)
  t.same(seen.faults, ['disk'])
  t.match(seen.check('disk').message, /free inodes are left at/)
})

t.test('client-folders: somebody else made one', { skip: !isRoot && 'needs root' }, async t => {
  const box = await healthy(t)
  const folder = join(box.home.path, 'tmp')
  const theirs = join(folder, `claude-${process.geteuid?.()}`)
  mkdirSync(theirs, { recursive: true })
  const more = { env: { CLAUDE_CODE_TMPDIR: folder } }
  t.same((await doctor(box, ['--only', 'client-folders'], more)).faults, [])
  mkdirSync(join(folder, 'cc-socks'))
  chownSync(join(folder, 'cc-socks'), 12_345, 12_345)
  t.same((await doctor(box, ['--only', 'client-folders'], more)).faults, [], 'the first user’s')
  chownSync(theirs, 12_345, 12_345)
  const found = await findsFault(t, box, 'client-folders', { fixable: false, more })
  t.match(found.message, 'belongs to user 12345')
})

t.test('home: on a file system of the network', async t => {
  const mountinfo = [
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '40 22 0:40 / /home rw shared:1 - nfs4 server:/home rw',
    '41 40 0:41 / /home/with\\040space rw - ext4 /dev/sdb1 rw',
    '42 22 0:42 / /homely rw - xfs /dev/sdc1 rw',
  ]
  t.equal(fileSystemOf('/home/alice', mountinfo), 'nfs4')
  t.equal(fileSystemOf('/home/with space/x', mountinfo), 'ext4')
  t.equal(fileSystemOf('/homely/x', mountinfo), 'xfs')
  t.equal(fileSystemOf('/srv', mountinfo), 'ext4')
  const roomy = { freeBytes: 1e12, freeInodes: null }
  const facts = { node: null, missingCa: null }
  const disks = [{ path: '/home/alice', fileSystem: 'nfs4', ...roomy }]
  t.match(home({ ...facts, disks }), { state: 'note', words: { message: /is on nfs4/ } })
  t.match(disk({ ...facts, disks }), { state: 'ok' }, 'a file system that counts no files')
})
