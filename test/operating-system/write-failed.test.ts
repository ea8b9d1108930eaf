// What to type when a write failed: by whose folder it is, by the file system, or by the disk.

import { chownSync, mkdirSync } from 'node:fs'
import t from 'tap'
import { foreignAbove, writeFailed } from '../../src/system/write-failed.js'

const skip = process.geteuid?.() === 0 ? false : 'it takes root'
const failed = (path: string, code: string) =>
  writeFailed(path, Object.assign(new Error(), { code }))

t.test('the hint looks where the trouble is', async t => {
  const folder = t.testdir({ file: '' })
  t.match(failed(`${folder}/file`, 'ENOSPC'), {
    code: 'write-failed',
    message: `could not write ${folder}/file (ENOSPC)`,
    hint: /^df /,
  })
  for (const code of ['EROFS', 'EBUSY', 'EXDEV', 'EIO'])
    t.equal(failed(`${folder}/file`, code).hint, `findmnt -T ${folder}/file`)
  for (const code of ['EMFILE', 'ENFILE']) t.equal(failed(`${folder}/file`, code).hint, 'ulimit -n')
  t.equal(failed(`${folder}/not/there`, 'EDQUOT').hint, `df -h ${folder}`)
  t.equal(failed(`${folder}/file`, 'EACCES').hint, `ls -ld ${folder} ${folder}/file`)
  mkdirSync(`${folder}/it is`)
  t.equal(failed(`${folder}/it is/file`, 'EROFS').hint, `findmnt -T '${folder}/it is'`)
})

t.test(
  'somebody else’s folder inside our own is found, and root takes nobody’s',
  { skip },
  async t => {
    const folder = t.testdir()
    const [home, theirs] = [`${folder}/home`, `${folder}/home/theirs`]
    mkdirSync(`${theirs}/ours`, { recursive: true })
    for (const path of [home, `${theirs}/ours`]) chownSync(path, 12345, 12345)
    for (const path of [theirs, `${theirs}/file`, `${theirs}/ours/not/there`]) {
      t.equal(foreignAbove(path, 12345), theirs)
      t.equal(foreignAbove(path, 0), null)
    }
    for (const path of [home, `${home}/file`, '/etc/passwd', '/'])
      t.equal(foreignAbove(path, 12345), null)
  },
)
