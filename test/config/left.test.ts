// Root's mark of a user who has left stands above every configuration, and only root's does.

import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { hasLeft, leftMark, loadConfig } from '../../src/config/config.js'
import { ownPaths } from '../../src/system/paths.js'

const isRoot = process.geteuid?.() === 0
const uid = process.geteuid?.() ?? 0

t.test(
  'whatever the files say, cached or not, and as soon as it is there',
  { skip: !isRoot },
  async t => {
    const home = t.testdir({
      '.claude': {},
      '.config': { 'claude-auth': { 'config.yaml': 'version: 1\nmode: on\n' } },
    })
    const leftFolder = join(home, 'left')
    mkdirSync(leftFolder)
    const person = { uid, user: 'alice', home, host: 'box' }
    const cache = { path: join(home, '.claude/config.json'), version: '1' }
    const load = () =>
      loadConfig({
        paths: ownPaths({}, home, join(home, 'etc')),
        env: {},
        person,
        cache,
        leftFolder,
      })
    t.match(await load(), { mode: 'on', off: null })
    writeFileSync(leftMark(uid, leftFolder), '')
    for (const _ of [1, 2])
      t.match(await load(), {
        mode: 'off',
        off: { because: 'left', file: leftMark(uid, leftFolder) },
      })
    writeFileSync(join(home, '.config/claude-auth/config.yaml'), 'version: 1\nmode: off\n')
    t.match(
      await load(),
      { off: { because: 'left' } },
      "not the user's reason, after which a token goes back",
    )
    rmSync(leftMark(uid, leftFolder))
    t.match(await load(), { off: { because: 'config' } })
  },
)

t.test("a mark that is not root's counts for nothing", { skip: !isRoot }, async t => {
  const folder = t.testdir()
  t.equal(hasLeft(1234, folder), false)
  writeFileSync(leftMark(1234, folder), '')
  t.equal(hasLeft(1234, folder), true)
  chownSync(leftMark(1234, folder), 1234, 1234)
  t.equal(hasLeft(1234, folder), false)
  t.equal(hasLeft(1234, join(folder, 'nowhere')), false)
})
