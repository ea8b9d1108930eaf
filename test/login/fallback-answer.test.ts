// The refuge for an answer: kept and found again whatever others put in its way before.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  fallbackAnswers,
  fallbackFolders,
  removeFallbackAnswers,
  writeFallbackAnswer,
} from '../../src/login/fallback-answer.js'

const uid = process.geteuid?.() ?? -1
const stranger = 41_002
const answer = '/home/alice/.claude/.claude-auth/answer'
const bytes = Buffer.from('the only copy')
const skip = uid === 0 ? false : 'needs root, to be two users'

t.test('the first ground is one that nobody else can enter', async t => {
  t.equal(fallbackFolders(1000)[0]?.path, '/run/user/1000')
})

t.test('names that a stranger took before keep no answer away', { skip }, async t => {
  const path = join(t.testdir(), 'ground')
  mkdirSync(path)
  chmodSync(path, 0o1777)
  const yard = join(path, 'yard')
  const take = (name: string, make: (at: string) => void) => {
    make(join(path, name))
  }
  mkdirSync(yard)
  chownSync(yard, stranger, stranger)
  const folder = (at: string) => {
    mkdirSync(at, { mode: 0o700 })
    chownSync(at, stranger, stranger)
  }
  take(`claude-auth-${uid}`, folder)
  take('claude-auth-aaaaaa', folder)
  take('claude-auth-bbbbbb', at => symlinkSync(yard, at))
  take('claude-auth-cccccc', at => writeFileSync(at, ''))
  take('claude-auth-dddddd', at => {
    mkdirSync(at)
    chmodSync(at, 0o777)
  })
  const grounds = [{ path, isMemory: true }]
  for (const isSealed of [true, false]) {
    writeFallbackAnswer(answer, bytes, isSealed, 'n', grounds)
    t.same(
      fallbackAnswers(answer, { isExpected: true, grounds }),
      [bytes],
      'found by the next process',
    )
    t.same(fallbackAnswers('/home/bob/answer', { isExpected: true, grounds }), [], 'another login')
    t.same(readdirSync(yard), [], 'nothing went through a link')
    removeFallbackAnswers(answer, { isExpected: true, grounds })
    t.same(fallbackAnswers(answer, { isExpected: true, grounds }), [])
  }
  t.equal(readdirSync(path).length, 6, 'what is the stranger’s stays, ours is gone')
})

t.test('what an earlier version kept under its fixed name is found', async t => {
  const path = t.testdir()
  const grounds = [{ path, isMemory: true }]
  writeFallbackAnswer(answer, bytes, true, 'n', grounds)
  const [made = ''] = readdirSync(path)
  renameSync(join(path, made), join(path, `claude-auth-${uid}`))
  t.same(fallbackAnswers(answer, { isExpected: true, grounds }), [bytes])
  removeFallbackAnswers(answer, { isExpected: true, grounds })
  t.notOk(existsSync(join(path, `claude-auth-${uid}`)))
})

t.test('a ground in which others could take it away is passed over', { skip }, async t => {
  const path = join(t.testdir(), 'open')
  mkdirSync(path)
  chmodSync(path, 0o777)
  t.throws(() => writeFallbackAnswer(answer, bytes, true, 'n', [{ path, isMemory: true }]), {
    code: 'write-failed',
  })
  t.same(readdirSync(path), [])
})

t.test(
  'however many names a stranger fills a ground with, a run that expects nothing there looks at few',
  async t => {
    const path = t.testdir()
    const grounds = [{ path, isMemory: true }]
    for (let each = 0; each < 30; each += 1)
      writeFallbackAnswer(answer, bytes, true, `${each}`, grounds)
    const looked = (isExpected: boolean) =>
      fallbackAnswers(answer, { isExpected, grounds, mostNames: 10 }).length
    t.equal(looked(false), 10)
    t.equal(looked(true), 30, 'where a request stands alone, all are')
  },
)
