// Where this program lies, by the name that lasts.

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lastingFolder } from '../../src/system/program-places.js'

t.test('a version that is current is named by the link, another one by itself', async t => {
  const folder = t.testdir()
  const versions = ['1.0.0', '1.1.0'].map(name => join(folder, name))
  for (const each of versions) mkdirSync(each)
  const [older = '', newer = ''] = versions
  t.equal(lastingFolder(older), older, 'there is no link')
  symlinkSync('1.1.0', join(folder, 'current'))
  t.equal(lastingFolder(newer), join(folder, 'current'))
  t.equal(lastingFolder(older), older)
})
