// The login file on disk: read whatever is there, and replaced as the client replaces it.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readBytes, readLoginFile, withLogin, writeLoginFile } from '../../src/login/login-file.js'

const uid = process.geteuid?.() ?? -1
const asRoot = { skip: uid === 0 ? false : 'only root can give a file away' }
const login = {
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAtMs: 1_800_000_000_000,
  loginEndsAtMs: null,
  scopes: ['user:inference'],
  fields: { accessToken: 'old', theirs: 1 },
}
const text = JSON.stringify({
  claudeAiOauth: { accessToken: 'a', refreshToken: 'r', expiresAt: 1_800_000_000_000 },
})

function place(t: Test) {
  const folder = t.testdir()
  const path = join(folder, '.credentials.json')
  const read = () => {
    const file = readLoginFile(path, uid)
    if (file.kind === 'closed') return `closed: ${file.closed.what}`
    return file.kind === 'unreadable' ? `unreadable: ${file.what}` : file.kind
  }
  return { folder, path, read }
}

t.test('what a file’s bytes say', async t => {
  const cases: [string, string | Buffer, string][] = [
    ['a login', text, 'login'],
    ['CRLF, tabs and comments', text.replaceAll(',', ',\r\n\t// mine\r\n'), 'login'],
    ['an escaped key', text.replace('claudeAi', 'claude\\u0041i'), 'login'],
    ['broken UTF-8 beside it', Buffer.from(text.replace('{', '{"x":"\xff",'), 'latin1'), 'login'],
    ['no login', '{"mcpOAuth":{}}', 'missing'],
    ['a null', '{"claudeAiOauth":null}', 'missing'],
    ['a blank', '{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}', 'blank'],
    ['nothing', '', 'unreadable: it is empty'],
    ['torn', text.slice(0, -5), 'unreadable: it is no whole JSON object'],
    ['two of them', text + text, 'unreadable: it is no whole JSON object'],
    ['a list', '[]', 'unreadable: it is no whole JSON object'],
    ['zeros', Buffer.alloc(4096), 'unreadable: it is no whole JSON object'],
    ['a list for a login', '{"claudeAiOauth":[]}', 'unreadable: claudeAiOauth is no object'],
    [
      'a number for a token',
      '{"claudeAiOauth":{"accessToken":1}}',
      'unreadable: accessToken is no usable text',
    ],
    ['over 1 MB', text.padEnd(1024 * 1024 + 1), 'unreadable: it is 1048577 bytes long'],
    ['exactly 1 MB', text.padEnd(1024 * 1024), 'login'],
    [
      'a sibling nested without end',
      text.replace('{', `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)},`),
      'unreadable: it is nested too deeply',
    ],
  ]
  const { path, read } = place(t)
  for (const [name, bytes, expected] of cases) {
    writeFileSync(path, bytes)
    t.equal(read(), expected, name)
  }
})

t.test('what may stand in its place', async t => {
  const cases: [string, (path: string) => void, string][] = [
    ['nothing', () => undefined, 'missing'],
    ['a folder', path => mkdirSync(path), 'unreadable: it is no regular file'],
    ['a named pipe', path => execFileSync('mkfifo', [path]), 'unreadable: it is no regular file'],
    ['a device', path => symlinkSync('/dev/zero', path), 'unreadable: it is no regular file'],
    [
      'a link to nowhere',
      path => symlinkSync('/nowhere', path),
      'unreadable: a symbolic link to nowhere',
    ],
    ['a link to itself', path => symlinkSync(path, path), "unreadable: it can't be opened (ELOOP)"],
    [
      'a link to a file of ours',
      path => {
        writeFileSync(`${path}.real`, text)
        symlinkSync(`${path}.real`, path)
      },
      'login',
    ],
  ]
  for (const [name, make, expected] of cases)
    await t.test(name, async t => {
      const { path, read } = place(t)
      make(path)
      t.equal(read(), expected)
    })
})

t.test('a login is written where the kernel finds it, behind any chain of links', async t => {
  const { path, folder } = place(t)
  const [home, store] = ['home', 'store/deep'].map(name => join(folder, name)) as [string, string]
  for (const each of [home, store]) mkdirSync(each, { recursive: true })
  symlinkSync(store, join(home, 'dotfiles'))
  // `..` is the folder above what `dotfiles` leads to.
  writeFileSync(join(folder, 'store/login'), text)
  writeFileSync(join(home, 'login'), 'of somebody else')
  symlinkSync(`${home}/dotfiles/../login`, path)
  writeLoginFile(path, Buffer.from('new'), '0123456789abcdef')
  t.equal(readFileSync(path, 'utf8'), 'new')
  t.equal(readFileSync(join(home, 'login'), 'utf8'), 'of somebody else')
})

t.test('another user’s file, also behind a link, is not read', asRoot, async t => {
  const { path, folder, read } = place(t)
  const theirs = join(folder, 'theirs')
  writeFileSync(theirs, text, { mode: 0o644 })
  chownSync(theirs, 12_345, 12_345)
  symlinkSync(theirs, path)
  t.equal(read(), 'closed: belongs to user 12345')
})

t.test('a link that somebody else may have put there is not followed, and replaced', async t => {
  const { path, folder, read } = place(t)
  const precious = join(t.testdir(), 'precious')
  writeFileSync(precious, text)
  symlinkSync(precious, path)
  chmodSync(folder, 0o777)
  t.equal(read(), 'unreadable: a symbolic link that another user may have put there')
  writeLoginFile(path, Buffer.from('{}'), '0123456789abcdef')
  t.ok(lstatSync(path).isFile())
  t.equal(readFileSync(precious, 'utf8'), text)
})

t.test('another user’s link in our folder is not followed', asRoot, async t => {
  const { path, folder, read } = place(t)
  const precious = join(folder, 'precious')
  writeFileSync(precious, text)
  symlinkSync(precious, path)
  lchownSync(path, 12_345, 12_345)
  t.equal(read(), 'unreadable: a symbolic link that another user may have put there')
})

t.test('no token stands in what is said of a bad file', async t => {
  const { path } = place(t)
  writeFileSync(path, '{"claudeAiOauth":{"accessToken":"secret word","refreshToken":"secret"}}')
  const file = readLoginFile(path, uid)
  t.notMatch(JSON.stringify({ ...file, bytes: null }), 'secret')
})

t.test('a written login is read again, with what else was there', async t => {
  const before = Buffer.from('{"mcpOAuth":{"n":1e400},"claudeAiOauth":{"accessToken":"old"}}\n')
  const after = withLogin(before, login)
  t.match(readBytes(after), {
    kind: 'login',
    login: { accessToken: 'access', refreshToken: 'refresh' },
  })
  t.match(after.toString(), /^\{"mcpOAuth":\{"n":1e400\},.*"theirs":1.*\}\n$/)
})

t.test('where no JSON object was, a new one stands', async t => {
  for (const bytes of [null, Buffer.alloc(0), Buffer.from('torn {'), Buffer.alloc(99)])
    t.same(Object.keys(JSON.parse(withLogin(bytes, login).toString())), ['claudeAiOauth'])
})

t.test('a write leaves a private file and nothing beside it', async t => {
  const { path, folder } = place(t)
  writeFileSync(path, text, { mode: 0o644 })
  writeLoginFile(path, Buffer.from('{}'), '0123456789abcdef')
  t.equal(readFileSync(path, 'utf8'), '{}')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.same(readdirSync(folder), ['.credentials.json'])
})

t.test('the first write makes a private folder', async t => {
  const path = join(t.testdir(), 'new', '.credentials.json')
  writeLoginFile(path, Buffer.from('{}'), '0123456789abcdef')
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
})

t.test('through a link its target is replaced; a link to nowhere becomes a file', async t => {
  const { path, folder } = place(t)
  const target = join(folder, 'elsewhere', 'login.json')
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(target, text)
  symlinkSync(target, path)
  writeLoginFile(path, Buffer.from('{}'), '0123456789abcdef')
  t.ok(lstatSync(path).isSymbolicLink())
  t.equal(readFileSync(target, 'utf8'), '{}')
  t.same(readdirSync(join(folder, 'elsewhere')), ['login.json'])

  const dangling = `${path}.dangling`
  symlinkSync('/nowhere', dangling)
  writeLoginFile(dangling, Buffer.from('{}'), '0123456789abcdef')
  t.ok(lstatSync(dangling).isFile())
})

t.test('a write that fails leaves the old file', async t => {
  const { path } = place(t)
  writeFileSync(path, text)
  writeFileSync(`${path}.tmp.01234567`, 'in the way')
  // What has another name too is not written over: that one would change as well.
  linkSync(path, `${path}.other`)
  t.throws(() => writeLoginFile(path, Buffer.from('{}'), '0123456789abcdef'), {
    code: 'write-failed',
  })
  t.equal(readFileSync(path, 'utf8'), text)
})
