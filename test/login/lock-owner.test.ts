// The owner file: who a process is, and when another is provably gone.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import {
  ownerIsDead,
  ownerPath,
  processFacts,
  readOwner,
  removeOwner,
  writeOwner,
} from '../../src/login/lock-owner.js'

const self = processFacts(process.pid)
const { bootId: _, ...inOwnerFile } = self
const owner = { ...inOwnerFile, lockBirthtimeMs: 1.5, legacyLockBirthtimeMs: 2.5 }

t.test('a process is named by pid, start, machine and namespace', async t => {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  t.equal(self.procStart, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  t.match(self, {
    pid: process.pid,
    procStart: /^\d+$/,
    pidDomain: /^linux:\w*:pid:\[\d+\]$/,
    pidSpace: /#pid:\[\d+\]$/,
  })
})

t.test('dead is only who provably is', async t => {
  const gone = spawnSync('true').pid
  t.notOk(ownerIsDead(owner, self), 'ourselves')
  t.ok(ownerIsDead({ ...owner, pid: gone }, self), 'a process that has ended')
  t.ok(ownerIsDead({ ...owner, procStart: '1' }, self), 'a pid that was given to another')
  t.notOk(ownerIsDead({ ...owner, pid: gone, pidDomain: 'linux:x:pid:[1]' }, self), 'elsewhere')
  t.notOk(ownerIsDead({ ...owner, pid: gone, pidSpace: 'x#pid:[1]' }, self), 'on another host')
  t.notOk(ownerIsDead({ ...owner, pid: gone }, { ...self, procStart: '' }), 'without /proc')
})

t.test('it is read as it was written, and removed only by its owner', async t => {
  const folder = t.testdir()
  writeOwner(folder, owner, 'n')
  t.same(readOwner(folder), owner)
  removeOwner(folder, { ...self, procStart: '1' })
  t.ok(existsSync(ownerPath(folder)))
  removeOwner(folder, self)
  t.equal(readOwner(folder), null)
})

t.test('what is no owner file names nobody', async t => {
  const folder = t.testdir()
  for (const text of ['', '{', 'null', '[]', '{}', '{"pid":"1"}', '{"pid":1.5}']) {
    writeFileSync(ownerPath(folder), text)
    t.equal(readOwner(folder), null, text)
  }
})

t.test('an owner file that can’t be written is no failure', async t => {
  writeOwner('/nowhere', owner, 'n')
  t.equal(readOwner('/nowhere'), null)
})
