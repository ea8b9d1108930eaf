// Which config files are believed at all.

import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { house } from './house.js'

const isRoot = process.geteuid?.() === 0

t.test('a file that others may write is not believed', async t => {
  const at = house(t.testdir())
  at.writeUser('mode: on\n')
  for (const mode of [0o664, 0o646, 0o666]) {
    chmodSync(at.user, mode)
    t.match(await at.failure(), {
      code: 'config-writable-by-others',
      exitCode: 2,
      message: `${at.user} is writable by others, so it is not believed`,
      hint: `chmod go-w ${at.user}`,
    })
  }
})

t.test('nor one in a folder that others may write', async t => {
  const at = house(t.testdir())
  at.writeSystem('mode: on\n')
  chmodSync(dirname(at.system), 0o777)
  t.match(await at.failure(), {
    code: 'config-writable-by-others',
    hint: `chmod go-w ${dirname(at.system)}`,
  })
})

t.test('nor one whose symlink leads to such a folder', async t => {
  const at = house(t.testdir())
  const open = join(at.home, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  writeFileSync(join(open, 'config.yaml'), 'mode: on\n', { mode: 0o600 })
  symlinkSync(join(open, 'config.yaml'), at.user)
  t.match(await at.failure(), { code: 'config-writable-by-others', hint: `chmod go-w ${open}` })
})

t.test('nor one of another user', async t => {
  const at = house(t.testdir())
  at.writeUser('mode: on\n')
  if (isRoot) chownSync(at.user, 54_321, 54_321)
  const person = isRoot ? {} : { uid: at.person.uid + 1 }
  t.match(await at.failure({ person }), {
    code: 'config-writable-by-others',
    message: /belongs to user \d+, so it is not believed/,
  })
})

t.test(
  'a roster is judged like a config file, and one that is not believed says nothing',
  async t => {
    const at = house(t.testdir())
    const file = at.writeSystem('users: {}\n', 'roster.yaml')
    at.writeSystem(`roster: ${file}\n`)
    t.equal((await at.load()).roster?.listed, false)
    chmodSync(file, 0o666)
    const misfits = [{ key: 'roster', what: /not believed/, hint: `chmod go-w ${file}` }]
    t.match(await at.load(), { mode: 'on', roster: { listed: false }, misfits })
  },
)

t.test('a folder, a closed file and a missing one by name are unreadable', async t => {
  const at = house(t.testdir())
  mkdirSync(at.user)
  t.match(await at.failure(), { code: 'config-unreadable', message: /want a regular file/ })
  const missing = { CLAUDE_AUTH_CONFIG: join(at.home, 'missing.yaml') }
  t.match(await at.failure({ env: missing }), { code: 'config-unreadable', exitCode: 2 })
  const relative = { CLAUDE_AUTH_CONFIG: 'config.yaml' }
  t.match(await at.failure({ env: relative }), { message: /want an absolute path/ })
})

t.test('a file that may not be read is unreadable', { skip: isRoot }, async t => {
  const at = house(t.testdir())
  at.writeUser('mode: on\n')
  chmodSync(at.user, 0o000)
  t.match(await at.failure(), { code: 'config-unreadable', message: /EACCES/ })
})

t.test('CLAUDE_AUTH_CONFIG takes the place of the user’s file', async t => {
  const at = house(t.testdir())
  at.writeUser('store: none\n')
  const other = at.writeSystem('store: local\n', 'other.yaml')
  t.equal((await at.load()).store, 'none')
  t.equal((await at.load({ env: { CLAUDE_AUTH_CONFIG: other } })).store, 'local')
})

const texts: [name: string, text: string | Buffer, want: RegExp][] = [
  ['more than 1 MiB', '#'.repeat(1024 * 1024 + 1), /want at most 1 MiB/],
  ['a NUL byte', 'mode: on\0\n', /expected YAML, got binary data/],
  ['bytes that are no UTF-8', Buffer.from([0x6d, 0xff, 0xfe]), /expected YAML, got binary data/],
  ['half a million brackets', '['.repeat(500_000), /expected YAML/],
  [
    'a megabyte of keys',
    Array.from({ length: 70_000 }, (_, at) => `key${at}: 1`).join('\n'),
    /expected YAML of at most 40000 keys/,
  ],
  ['a megabyte of comments', '#\n'.repeat(500_000), /expected YAML of at most 80000 lines/],
  ['a list of nothing', `a: [${','.repeat(900_000)}]`, /expected YAML of at most 40000 keys/],
  ['half a million slips', '"'.repeat(900_000), /expected YAML of at most 40000 keys/],
  [
    'a key that stands twice, quoted once',
    'store: none\n"store": local\n',
    /:2:1: expected each key once/,
  ],
  [
    'a key twice further in',
    'identity: {email: a@b, email: c@d}\n',
    /expected each key once, got email/,
  ],
  ['keys that are maps', '? {a: 1}\n: 2\n', /expected keys that are plain text/],
]

for (const [name, text, want] of texts)
  t.test(`a config file with ${name} is refused`, async t => {
    const at = house(t.testdir())
    writeFileSync(at.user, text, { mode: 0o600 })
    t.match(await at.failure(), { code: 'config-invalid', message: want })
  })

t.test('a byte-order mark and CRLF are fine', async t => {
  const at = house(t.testdir())
  at.writeUser('\uFEFFmode: observe\r\nstore: none\r\n')
  t.match(await at.load(), { mode: 'observe', store: 'none' })
})
