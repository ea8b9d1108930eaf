// The environment that a run goes by.

import { chmodSync, chownSync, closeSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import {
  bareEnvironment,
  environmentOnInput,
  parseEnvironment,
  withOwnHome,
  withoutStrangePlaces,
} from '../../src/system/environment.js'

/** What `environmentOnInput` makes of a file with this text. */
function onInput(t: Test, text: string | Buffer) {
  const file = openSync(join(t.testdir({ input: text }), 'input'), 'r')
  try {
    return environmentOnInput(file)
  } finally {
    closeSync(file)
  }
}

t.test('entries come a line each, with the byte 1 for a line break within one', async t => {
  const env = { HOME: '/home/alice', EMPTY: '', LINES: 'a\nb=c', UMLAUT: 'ä' }
  t.same(onInput(t, 'HOME=/home/alice\nEMPTY=\nLINES=a\x01b=c\nUMLAUT=ä\n'), env)
})

t.test('as much as a process can have is read whole, and no more', async t => {
  const long = 'x'.repeat(100_000)
  const lines = Array.from({ length: 15 }, (_, at) => `V${at}=${long}\n`).join('')
  t.match(onInput(t, `${lines}LAST=here`), { V14: long, LAST: 'here' })
  t.equal(onInput(t, lines.repeat(6)), null)
  t.equal(onInput(t, ''), null)
})

t.test('whatever stands there, names with a value are what is taken', async t => {
  const cases: [string, Record<string, string>][] = [
    ['', {}],
    ['\0\0', {}],
    ['A=1\0B=2', { A: '1', B: '2' }],
    ['A=1\0A=2\0', { A: '1' }],
    ['no value\0=no name\0A==\0', { A: '=' }],
    ['A=\xff\0B=1\0', { A: '�', B: '1' }],
  ]
  for (const [text, env] of cases)
    t.same(parseEnvironment(Buffer.from(text, 'latin1')), env, JSON.stringify(text))
  t.ok(Object.hasOwn(parseEnvironment(Buffer.from('__proto__=x')), '__proto__'))
})

t.test('an environment that is not known is the home by the password database', async t => {
  t.same(bareEnvironment({ PATH: '/bin', HOME: '/evil', HTTPS_PROXY: 'http://evil' }), {
    PATH: '/bin',
    HOME: userInfo().homedir,
  })
})

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

t.test('a home that others could fill is not gone by, nor what came along with it', async t => {
  const folder = realpathSync(t.testdir({ own: {}, open: {} }))
  chmodSync(join(folder, 'open'), 0o777)
  const own = { HOME: join(folder, 'own'), GIT_SSH_COMMAND: 'ssh -i ~/.ssh/key -o Port=22', A: 'b' }
  t.same(withOwnHome(own, uid, '/mine'), own)
  const open = { ...own, HOME: join(folder, 'open') }
  t.same(withOwnHome(open, uid, '/mine'), { HOME: '/mine', A: 'b' })
  t.same(withOwnHome({ A: 'b' }, uid, '/mine'), { HOME: '/mine', A: 'b' })
  const evil = join(folder, 'open', 'evil')
  for (const line of [evil, `nice ${evil}`, `'${evil}'`, `A=${evil} ssh`, 'bin/evil'])
    t.same(withOwnHome({ ...own, GIT_SSH_COMMAND: line }, uid, '/mine'), { HOME: own.HOME, A: 'b' })
  t.match(withOwnHome({ ...own, HOME: '/' }, uid, '/mine'), { HOME: '/' }, 'of root’s alone')
})

t.test('another user’s places are theirs', { skip: !isRoot && 'needs root' }, async t => {
  const folder = realpathSync(t.testdir())
  const theirs = join(folder, 'theirs')
  mkdirSync(theirs, { mode: 0o700 })
  chownSync(theirs, 54_321, 54_321)
  t.same(withoutStrangePlaces({ TMPDIR: theirs, XDG_RUNTIME_DIR: theirs }, 0), {})
  t.same(withoutStrangePlaces({ TMPDIR: theirs }, 54_321), { TMPDIR: theirs }, 'not to them')
})
