// The write-ahead copy of an answer: wherever a run is killed, the next one finds all of it or none of it.

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  beginAnswer,
  eraseAnswer,
  findLeftAnswer,
  type RawAnswer,
  type Sealer,
  saveAnswer,
} from '../../src/login/answer.js'
import { writeFallbackAnswer } from '../../src/login/fallback-answer.js'

const header = { parentHash: 'ab'.repeat(32), sentAtMs: 1_800_000_000_000, sealed: false }
const plain: Sealer = { seal: async bytes => bytes, open: async bytes => bytes }
/** Turns every bit, and knows its own work by a mark. */
const turned: Sealer = {
  seal: async bytes => Buffer.from([7, ...bytes.map(byte => byte ^ 255)]),
  open: async bytes =>
    bytes[0] === 7 ? Buffer.from(bytes.subarray(1).map(byte => byte ^ 255)) : null,
}
const answer: RawAnswer = { status: 200, body: Buffer.from('{"refresh_token":"new\\n"}\n') }

function fresh(folder: string): string {
  const path = join(folder, `answer-${randomBytes(4).toString('hex')}`)
  beginAnswer(path, header, 'n')
  return path
}

t.test('before the request, its place is reserved with real bytes, for the owner only', async t => {
  const path = fresh(t.testdir())
  const { size, blocks, mode } = statSync(path)
  t.equal(size, 64 * 1024)
  t.ok(blocks * 512 >= size)
  t.equal(mode & 0o777, 0o600)
  t.same(await findLeftAnswer(path, plain), { kind: 'sent', header })
})

t.test('an answer of any size and bytes is found as it was', async t => {
  for (const sealer of [plain, turned])
    for (const size of [0, 1, 1_000, 64 * 1024, 1024 * 1024]) {
      const path = join(t.testdir(), 'answer')
      beginAnswer(path, { ...header, sealed: sealer === turned }, 'n')
      const body = randomBytes(size)
      await saveAnswer(path, { status: 418, body }, sealer, { header, nonce: 'n' })
      const found = await findLeftAnswer(path, sealer)
      t.match(found, { kind: 'answered', answer: { status: 418 } }, `${size} bytes`)
      t.ok(found.kind === 'answered' && found.answer.body.equals(body))
    }
})

t.test('killed at any byte of the write: sent, or the whole answer', async t => {
  const folder = t.testdir()
  const whole = fresh(folder)
  await saveAnswer(whole, answer, plain, { header, nonce: 'n' })
  const before = readFileSync(fresh(folder))
  const after = readFileSync(whole)
  const path = join(folder, 'partial')
  let answered = 0
  for (let written = 1024; written <= 1024 + 300; written += 1) {
    // The first bytes of the write are on the disk, the others are still those reserved.
    writeFileSync(path, Buffer.concat([after.subarray(0, written), before.subarray(written)]))
    const found = await findLeftAnswer(path, plain)
    if (found.kind === 'answered') {
      answered += 1
      t.same(found, { kind: 'answered', header, answer })
    } else if (found.kind !== 'sent') t.fail(`${written}: ${found.kind}`)
  }
  t.ok(answered > 50 && answered < 250, 'both were seen')
})

t.test('the pages of the write may reach the disk in any order', async t => {
  const folder = t.testdir()
  const body = randomBytes(20_000)
  const whole = fresh(folder)
  await saveAnswer(whole, { status: 200, body }, plain, { header, nonce: 'n' })
  const before = readFileSync(fresh(folder))
  const after = readFileSync(whole)
  for (let missing = 0; missing <= 6; missing += 1) {
    const path = join(folder, `page-${missing}`)
    const [from, to] = [missing * 4096, (missing + 1) * 4096]
    writeFileSync(
      path,
      Buffer.concat([after.subarray(0, from), before.subarray(from, to), after.subarray(to)]),
    )
    const found = await findLeftAnswer(path, plain)
    t.equal(found.kind, missing < 6 ? 'sent' : 'answered', `page ${missing}`)
  }
})

t.test('cut short, it is none or sent', async t => {
  const path = fresh(t.testdir())
  await saveAnswer(path, answer, plain, { header, nonce: 'n' })
  for (const size of [1300, 1100, 1024, 500, 150, 100, 1, 0]) {
    truncateSync(path, size)
    const { kind } = await findLeftAnswer(path, plain)
    t.equal(kind, size >= 1300 ? 'answered' : size >= 150 ? 'sent' : 'none', `${size} bytes`)
  }
})

t.test('one flipped bit in an answer makes it none that arrived', async t => {
  const folder = t.testdir()
  for (let at = 0; at < answer.body.length; at += 1) {
    const path = fresh(folder)
    await saveAnswer(path, answer, plain, { header, nonce: 'n' })
    const bytes = readFileSync(path)
    const index = bytes.indexOf(answer.body) + at
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.of((bytes[index] ?? 0) ^ 1), 0, 1, index)
    closeSync(file)
    if ((await findLeftAnswer(path, plain)).kind !== 'sent') t.fail(`byte ${at}`)
  }
  t.pass()
})

t.test('a sealed answer that does not open has not arrived', async t => {
  const path = join(t.testdir(), 'answer')
  beginAnswer(path, { ...header, sealed: true }, 'n')
  await saveAnswer(path, answer, turned, { header, nonce: 'n' })
  t.equal((await findLeftAnswer(path, { ...turned, open: async () => null })).kind, 'sent')
  t.notMatch(readFileSync(path, 'latin1'), 'refresh_token')
})

t.test('no file, or one of somebody else’s, is no answer', async t => {
  const folder = t.testdir()
  const path = join(folder, 'answer')
  t.same(await findLeftAnswer(path, plain), { kind: 'none' })
  for (const text of [
    '',
    '\n',
    '{}\n',
    '{"parentHash":"x","sentAtMs":1,"sealed":false}\n',
    'x'.repeat(70_000),
  ]) {
    writeFileSync(path, text)
    t.same(await findLeftAnswer(path, plain), { kind: 'none' })
  }
  eraseAnswer(path)
  t.same(await findLeftAnswer(path, plain), { kind: 'none' })
  eraseAnswer(path)
  mkdirSync(path)
  t.same(await findLeftAnswer(path, plain), { kind: 'none' })
})

t.test('without a place for the answer no request may leave', async t => {
  const folder = t.testdir()
  t.throws(() => beginAnswer(join(folder, 'missing', 'answer'), header, 'n'), {
    code: 'write-failed',
  })
})

t.test(
  'an answer that its own disk did not take is found in its refuge, and leaves it',
  async t => {
    for (const sealer of [plain, turned]) {
      const folder = t.testdir()
      const sealed = sealer === turned
      const elsewhere = join(folder, 'elsewhere')
      beginAnswer(elsewhere, { ...header, sealed }, 'n')
      await saveAnswer(elsewhere, answer, sealer, { header, nonce: 'n' })
      const path = join(folder, `answer-${randomBytes(4).toString('hex')}`)
      writeFallbackAnswer(path, readFileSync(elsewhere), sealed, 'n')
      const found = { kind: 'answered', header: { ...header, sealed }, answer }
      t.same(await findLeftAnswer(path, sealer), found, 'the home knows nothing of it')
      beginAnswer(path, { ...header, sealed, parentHash: 'cd'.repeat(32) }, 'n')
      t.equal((await findLeftAnswer(path, sealer)).kind, 'sent', 'of another request')
      beginAnswer(path, { ...header, sealed }, 'n')
      t.same(await findLeftAnswer(path, sealer), found)
      eraseAnswer(path)
      t.same(await findLeftAnswer(path, sealer), { kind: 'none' })
    }
  },
)

t.test('what somebody puts in its place is neither read nor written through', async t => {
  const folder = t.testdir()
  const theirs = join(folder, 'theirs')
  const plants: Record<string, (path: string) => void> = {
    'a symbolic link': path => symlinkSync(theirs, path),
    'a hard link': path => linkSync(theirs, path),
    'a pipe': path => spawnSync('mkfifo', [path]),
    nothing: () => undefined,
  }
  for (const [name, plant] of Object.entries(plants))
    for (const sealer of [plain, turned]) {
      const path = join(folder, `answer-${randomBytes(4).toString('hex')}`)
      const sealed = sealer === turned
      // What a neighbour could have written there.
      beginAnswer(theirs, header, 'n')
      await saveAnswer(theirs, { ...answer, status: 201 }, plain, { header, nonce: 'n' })
      const before = readFileSync(theirs)
      beginAnswer(path, { ...header, sealed }, 'n')
      rmSync(path)
      plant(path)
      await saveAnswer(path, answer, sealer, { header: { ...header, sealed }, nonce: 'n' })
      t.ok(readFileSync(theirs).equals(before), `${name}: not written`)
      const found = { kind: 'answered', header: { ...header, sealed }, answer }
      t.same(await findLeftAnswer(path, sealer), found, `${name}: the answer is found all the same`)
      eraseAnswer(path)
      t.same(await findLeftAnswer(path, sealer), { kind: 'none' })
    }
})

t.test('a few files keep room for those that saving needs, until the answer is safe', async t => {
  const folder = t.testdir()
  const path = join(folder, 'answer')
  beginAnswer(path, header, 'n')
  t.equal(readdirSync(folder).length, 5)
  await saveAnswer(path, answer, plain, { header, nonce: 'n' })
  t.same(readdirSync(folder), ['answer'])
  beginAnswer(path, header, 'n')
  eraseAnswer(path)
  t.same(readdirSync(folder), [])
  const theirs = join(folder, 'theirs')
  writeFileSync(theirs, 'precious')
  symlinkSync(theirs, join(folder, 'room.tmp.00000000'))
  beginAnswer(path, header, 'n')
  t.equal(readFileSync(theirs, 'utf8'), 'precious', 'a planted link is not followed')
  eraseAnswer(path)
})
