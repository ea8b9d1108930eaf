// The sealed local store: check-and-set, one version back, a private key, and nothing in plain text.

import { randomBytes } from 'node:crypto'
import fs, {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseLogin, tokenHash } from '../../src/login/login.js'
import { type StoredLogin, toDocument } from '../../src/store/document.js'
import { type LocalStorePlace, localStore } from '../../src/store/local.js'
import { keyFileOf, seal, sealingKey } from '../../src/store/seal.js'
import { told } from '../kit/told.js'

const uid = process.geteuid?.() ?? -1

function loginOf(name: string): StoredLogin {
  const fields = {
    accessToken: `${name}-access`,
    refreshToken: `${name}-refresh`,
    expiresAt: 1_800_000_000_000,
  }
  const parsed = parseLogin(fields)
  if (parsed.kind !== 'login') throw new Error('no login')
  return {
    login: parsed.login,
    lineage: null,
    identity: null,
    loginEndsAtMs: null,
    backedUpAtMs: null,
    signedOutAtMs: null,
    source: '',
    writeId: name,
    intent: null,
    setupToken: null,
    hosts: {},
  }
}

function place(t: Test, more: Partial<LocalStorePlace> = {}) {
  const folder = join(t.testdir(), 'store')
  const spent: string[] = []
  const nonce = () => randomBytes(4).toString('hex')
  /** As a new process opens it. */
  const open = (change: typeof more = {}) =>
    localStore(
      { folder, name: 'default', keyFile: null, uid, nonce, randomBytes, ...more, ...change },
      hash => spent.includes(hash),
    )
  const file = (name: string) => join(folder, name)
  return { folder, spent, open, file }
}

t.test('empty, written, read by the next process', async t => {
  const { open } = place(t)
  t.same(await open().read(), { kind: 'empty', version: 0 })
  t.same(await open().write(loginOf('a'), 0), { kind: 'written', version: 1 })
  t.same(await open().write(loginOf('b'), 1), { kind: 'written', version: 2 })
  t.match(await open().read(), {
    kind: 'current',
    version: 2,
    stored: { login: { refreshToken: 'b-refresh' } },
  })
})

t.test('a file system that gives no file a second name: the version before is a copy', async t => {
  const { linkSync } = fs
  t.teardown(() => {
    fs.linkSync = linkSync
    syncBuiltinESMExports()
  })
  fs.linkSync = (from, to) => {
    if (!fs.existsSync(from)) linkSync(from, to)
    // As link(2) has it there.
    throw Object.assign(new Error('no links'), { code: 'EPERM' })
  }
  syncBuiltinESMExports()
  const { open, file, folder } = place(t)
  for (const [version, name] of ['a', 'b', 'c'].entries())
    t.same(await open().write(loginOf(name), version), { kind: 'written', version: version + 1 })
  t.match(await open().read(), { version: 3, stored: { writeId: 'c' } })
  rmSync(file('default.jwe'))
  t.match(await open().read(), { version: 2, stored: { writeId: 'b' } })
  t.equal(statSync(file('default.previous.jwe')).mode & 0o777, 0o600)
  t.same(readdirSync(folder).sort(), ['default.previous.jwe', 'key'])
})

t.test('only the version that was read is replaced', async t => {
  const { open } = place(t)
  await open().write(loginOf('a'), 0)
  for (const expected of [0, 2, -1])
    t.same(await open().write(loginOf('b'), expected), { kind: 'conflict' })
  t.match(await open().read(), { version: 1, stored: { writeId: 'a' } })
})

t.test('files are private, and hold no token in plain text', async t => {
  const { open, folder, file } = place(t)
  for (const [version, name] of ['a', 'b', 'c'].entries())
    await open().write(loginOf(name), version)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.same(readdirSync(folder).sort(), ['default.jwe', 'default.previous.jwe', 'key'])
  for (const name of readdirSync(folder)) {
    t.equal(statSync(file(name)).mode & 0o777, 0o600)
    const text = readFileSync(file(name), 'latin1')
    for (const bytes of [
      text,
      ...text.split('.').map(part => Buffer.from(part, 'base64url').toString('latin1')),
    ])
      t.notMatch(bytes, /-(access|refresh)/)
  }
})

t.test('logins of two profiles don’t meet', async t => {
  const { open } = place(t)
  await open().write(loginOf('a'), 0)
  t.same(await open({ name: 'work' }).read(), { kind: 'empty', version: 0 })
})

const damages: [string, (path: string) => void][] = [
  ['damaged', path => writeFileSync(path, readFileSync(path, 'utf8').slice(0, -3))],
  ['emptied', path => writeFileSync(path, '')],
  ['deleted', path => rmSync(path)],
]
for (const [name, damage] of damages)
  t.test(`a ${name} version: the one before it, unless that is spent`, async t => {
    const { open, file, spent } = place(t)
    await open().write(loginOf('a'), 0)
    await open().write(loginOf('b'), 1)
    damage(file('default.jwe'))
    t.match(await open().read(), { kind: 'current', version: 1, stored: { writeId: 'a' } })
    spent.push(tokenHash('a-refresh'))
    t.match(await open().read(), { kind: 'empty', version: 0 })
    t.same(await open().write(loginOf('c'), 0), { kind: 'written', version: 1 })
    t.match(await open().read(), { kind: 'current', stored: { writeId: 'c' } })
  })

t.test('a current version counts even when its token is spent: its lineage is needed', async t => {
  const { open, spent } = place(t)
  await open().write(loginOf('a'), 0)
  spent.push(tokenHash('a-refresh'))
  t.match(await open().read(), { kind: 'current', version: 1 })
})

t.test('what did not open is kept, and the good one before it survives a write', async t => {
  const { open, file } = place(t)
  await open().write(loginOf('a'), 0)
  await open().write(loginOf('b'), 1)
  writeFileSync(file('default.jwe'), 'torn')
  t.same(await open().write(loginOf('c'), 1), { kind: 'written', version: 2 })
  t.equal(readFileSync(file('default.unopened.jwe'), 'utf8'), 'torn')
  rmSync(file('default.jwe'))
  t.match(await open().read(), { version: 1, stored: { writeId: 'a' } })
})

t.test('a key that others may read is refused, with the command to type', async t => {
  const { open, file } = place(t)
  await open().write(loginOf('a'), 0)
  chmodSync(file('key'), 0o644)
  const read = await open().read()
  t.match(told(read), { kind: 'denied', what: /readable by others; type: chmod 600 .*key$/ })
  t.match(await open().write(loginOf('b'), 1), { kind: 'denied' })
  await t.rejects(open().sealer(), {
    code: 'secret-readable-by-others',
    hint: `chmod 600 ${file('key')}`,
  })
  chmodSync(file('key'), 0o600)
  t.match(await open().read(), { kind: 'current' })
})

const losses: [string, (key: string) => void][] = [
  ['lost', key => renameSync(key, `${key}.old`)],
  ['emptied', key => writeFileSync(key, '')],
  ['torn', key => writeFileSync(key, readFileSync(key).subarray(0, 10))],
]
for (const [name, lose] of losses)
  t.test(`a key that was ${name}: said, kept, and a new beginning`, async t => {
    const { open, file } = place(t)
    await open().write(loginOf('a'), 0)
    lose(file('key'))
    t.match(told(await open().read()), {
      kind: 'empty',
      version: 0,
      damaged: /default\.jwe does not open/,
    })
    t.same(await open().write(loginOf('b'), 0), { kind: 'written', version: 1 })
    t.match(await open().read(), { kind: 'current', stored: { writeId: 'b' } })
    t.ok(readdirSync(file('.')).includes('default.unopened.jwe'))
  })

t.test('a key that another host makes at the same moment is everybody’s', async t => {
  for (const before of [null, '', 'torn']) {
    const { open, file, folder } = place(t)
    const theirs = 'k'.repeat(43)
    mkdirSync(folder, { recursive: true })
    if (before !== null) writeFileSync(file('key'), before, { mode: 0o600 })
    const whileMaking = (count: number) => {
      rmSync(file('key'), { force: true })
      writeFileSync(file('key'), theirs, { mode: 0o600 })
      return randomBytes(count)
    }
    t.same(await open({ randomBytes: whileMaking }).write(loginOf('a'), 0), {
      kind: 'written',
      version: 1,
    })
    t.equal(readFileSync(file('key'), 'utf8'), theirs)
    t.match(await open().read(), { kind: 'current', stored: { writeId: 'a' } })
    t.same(readdirSync(folder).sort(), ['default.jwe', 'key'])
  }
})

t.test('a key kept elsewhere is never made by us', async t => {
  const { open, folder } = place(t)
  const elsewhere = (name: string, text: string | null) => {
    const keyFile = join(folder, '..', name)
    if (text !== null) writeFileSync(keyFile, text, { mode: 0o400 })
    return open({ keyFile })
  }
  const write = (name: string, text: string | null) => elsewhere(name, text).write(loginOf('a'), 0)
  t.match(told(await write('missing', null)), { kind: 'denied', what: /missing .*is missing/ })
  t.match(told(await write('short', 'x')), { kind: 'denied', what: /too short/ })
  t.match(await write('long', 'k'.repeat(32)), { kind: 'written' })
})

t.test('what an earlier key sealed opens, and a write seals it with the key in force', async t => {
  const { open, file, folder } = place(t)
  await open().write(loginOf('a'), 0)
  const keyFile = join(folder, '..', 'elsewhere')
  writeFileSync(keyFile, 'k'.repeat(32), { mode: 0o600 })
  t.match(await open({ keyFile }).read(), { kind: 'current', stored: { writeId: 'a' } })
  t.same(await open({ keyFile }).write(loginOf('b'), 1), { kind: 'written', version: 2 })
  t.match(await open().read(), { kind: 'current', stored: { writeId: 'b' } }, 'and back again')
  rmSync(file('key'))
  t.match(await open({ keyFile }).read(), { kind: 'current', stored: { writeId: 'b' } })
})

t.test(
  'a file that the sealed text names is no key: only our own and configured ones are',
  async t => {
    const { open, file, folder } = place(t)
    const known = join(folder, '..', 'known')
    writeFileSync(known, 'a file of mine that others know')
    chmodSync(known, 0o600)
    await open().write(loginOf('mine'), 0)
    const document = JSON.stringify({ ...toDocument(loginOf('forged')), version: 1 })
    const forged = await seal(sealingKey(readFileSync(known)), Buffer.from(document), known)
    for (const name of ['default.jwe', 'default.previous.jwe']) writeFileSync(file(name), forged)
    t.match(told(await open().read()), { kind: 'empty', damaged: /does not open/ })
    t.equal(await open().reseal(), false)
  },
)

t.test('a key that was configured once still opens what it sealed', async t => {
  const { open, file, folder } = place(t)
  const keyFile = join(folder, '..', 'once')
  writeFileSync(keyFile, 'k'.repeat(32), { mode: 0o600 })
  await open({ keyFile }).write(loginOf('a'), 0)
  t.match(await open().read(), { kind: 'current', stored: { writeId: 'a' } })
  // As a version before left it: its own memory names the place.
  rmSync(file('keys'))
  t.match(await open().read(), { kind: 'empty' })
  const earlierKeyFile = keyFileOf(open({ keyFile }).keyDigest() ?? '')
  t.equal(earlierKeyFile, keyFile)
  t.match(await open({ earlierKeyFile }).read(), { kind: 'current', stored: { writeId: 'a' } })
})

t.test('sealing anew leaves no version that only the earlier key opens', async t => {
  const { open, file, folder } = place(t)
  t.equal(await open().reseal(), true, 'nothing is there')
  await open().write(loginOf('a'), 0)
  await open().write(loginOf('b'), 1)
  const keyFile = join(folder, '..', 'elsewhere')
  writeFileSync(keyFile, 'k'.repeat(32), { mode: 0o600 })
  t.not(open({ keyFile }).keyDigest(), open().keyDigest())
  t.equal(await open({ keyFile }).reseal(), true)
  rmSync(file('key'))
  t.match(await open({ keyFile }).read(), { version: 2, stored: { writeId: 'b' } })
  rmSync(file('default.jwe'))
  t.match(await open({ keyFile }).read(), { version: 1, stored: { writeId: 'a' } })
  writeFileSync(file('default.jwe'), 'torn')
  t.equal(await open({ keyFile }).reseal(), false)
  t.equal(readFileSync(file('default.jwe'), 'utf8'), 'torn')
})
