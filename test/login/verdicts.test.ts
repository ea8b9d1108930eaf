// The verdict about another credential: kept for launches in that very folder, whatever its name.

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeOtherVerdict } from '../../src/login/marks.js'
import { loginPaths } from '../../src/system/paths.js'

t.test('a folder’s name is never read as a verdict', async t => {
  const home = t.testdir()
  const paths = loginPaths(join(home, '.claude'), {}, home)
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  const kept = join(paths.state, 'verdict-other')
  writeOtherVerdict(paths, ':/work/project', ['launch'], 'n')
  t.equal(readFileSync(kept, 'utf8'), ':/work/project\nlaunch\n')
  writeOtherVerdict(paths, ':/work/project\nfail 3', ['launch'], 'n')
  t.notOk(existsSync(kept))
})
