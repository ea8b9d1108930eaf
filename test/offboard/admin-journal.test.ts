// The journal of what admins did: private, whole lines, and nothing that a terminal or a reader could trip over.

import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { adminDeedsOf, appendAdminJournal } from '../../src/offboard/admin-journal.js'

const deed = {
  at: '2026-11-29T02:00:00.000Z',
  who: 'root@admin',
  command: 'offboard cut',
  user: 'alice',
  step: 'entity:token',
  why: 'left',
  result: 'done',
}

t.test('each deed is one line of a private file, also after a torn one', async t => {
  const path = join(t.testdir(), 'claude-auth/admin.jsonl')
  appendAdminJournal(deed, path)
  appendFileSync(path, '{"at":"20')
  appendAdminJournal({ ...deed, user: 'bob', why: 'a\nb\u001b[31mc hvs.CAESIabcdefgh' }, path)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.same(adminDeedsOf('alice', path), [deed])
  t.match(adminDeedsOf('bob', path), [{ why: 'a bc (a token)' }])
  t.notMatch(readFileSync(path, 'utf8'), /hvs\./)
})

t.test('a planted link or a file of others is refused', async t => {
  const folder = t.testdir({ other: '' })
  const path = join(folder, 'admin.jsonl')
  symlinkSync(join(folder, 'other'), path)
  t.throws(() => appendAdminJournal(deed, path), { code: 'not-private' })
  t.equal(readFileSync(join(folder, 'other'), 'utf8'), '')
  const blocked = join(folder, 'other', 'admin.jsonl')
  writeFileSync(join(folder, 'other'), 'x')
  t.throws(() => appendAdminJournal(deed, blocked), { code: 'write-failed' })
})
