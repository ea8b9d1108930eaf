// Variables that name another user's places are dropped, and everything else stays.

import { chmodSync, chownSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { withoutStrangePlaces } from '../../src/system/strange-places.js'

const uid = process.geteuid?.() ?? 0
const isRoot = uid === 0

t.test('what is one’s own, or not there yet, stays', async t => {
  const folder = realpathSync(t.testdir({ own: {} }))
  const own = { XDG_CONFIG_HOME: join(folder, 'own'), XDG_CACHE_HOME: join(folder, 'none') }
  const env = {
    ...own,
    TMPDIR: '/tmp',
    TMP: '/tmp/',
    XDG_STATE_HOME: '',
    PATH: '/bin',
    ZDOTDIR: '/',
  }
  t.equal(withoutStrangePlaces(env, uid), env)
})

t.test('what others could fill, or where nobody knows, goes', async t => {
  const folder = realpathSync(t.testdir({ open: { below: {} } }))
  chmodSync(join(folder, 'open'), 0o777)
  const below = join(folder, 'open', 'below')
  const env = {
    PATH: '/bin',
    HOME: below,
    CLAUDE_CONFIG_DIR: below,
    XDG_CONFIG_HOME: below,
    XDG_RUNTIME_DIR: join(folder, 'open'),
    XDG_CACHE_HOME: '/tmp',
    XDG_DATA_HOME: 'relative',
    TMPDIR: below,
    ZDOTDIR: '/proc/self/cwd',
    ANTHROPIC_CONFIG_DIR: join(folder, 'open', 'none'),
  }
  const { PATH, HOME, CLAUDE_CONFIG_DIR } = env
  t.same(withoutStrangePlaces(env, uid), { PATH, HOME, CLAUDE_CONFIG_DIR })
})

t.test('another user’s places are theirs', { skip: !isRoot && 'needs root' }, async t => {
  const folder = realpathSync(t.testdir())
  const theirs = join(folder, 'theirs')
  mkdirSync(theirs, { mode: 0o700 })
  chownSync(theirs, 54_321, 54_321)
  t.same(withoutStrangePlaces({ TMPDIR: theirs, XDG_RUNTIME_DIR: theirs }, 0), {})
  t.same(withoutStrangePlaces({ TMPDIR: theirs }, 54_321), { TMPDIR: theirs }, 'not to them')
})
