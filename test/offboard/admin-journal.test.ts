// The journal of what admins did: private, whole lines, nothing that a terminal could trip over; and what it counts as done.

import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  type AdminDeed,
  actorOf,
  adminDeedsOf,
  appendAdminJournal,
  begin,
  wasCutFromHere,
  wasDone,
  wasTakenBack,
} from '../../src/offboard/admin-journal.js'

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

function deeds(...lines: string[]): AdminDeed[] {
  return lines.map(line => {
    const [command = '', step = '', result = 'done'] = line.split(' > ')
    return { at: '2026-12-01T12:00:00Z', who: 'root', user: 'bob', why: '', command, step, result }
  })
}

const cut = `offboard cut > ${begin} > begun`
const back = `offboard undo > ${begin} > begun`

t.test(
  'a person who comes back and leaves again: what a revocation ended is to be ended anew',
  async t => {
    const first = [cut, 'offboard cut > site:account', 'offboard revoke > site:api-keys']
    t.ok(wasDone(deeds(...first), 'site:api-keys'))
    const again = deeds(...first, back, 'offboard undo > site:account', cut)
    t.notOk(wasDone(again, 'site:api-keys'))
    t.notOk(wasDone(again, 'site:account'))
  },
)

t.test('until the way back of a step of the cut is done, it stays done', async t => {
  t.ok(wasDone(deeds(cut, 'offboard cut > site:account', back), 'site:account'))
})

t.test('a step that is only ticked off is no cut from here', async t => {
  t.notOk(wasCutFromHere(deeds('offboard cut > site:account')))
  t.ok(wasCutFromHere(deeds(cut)))
  t.ok(wasCutFromHere(deeds('roster apply > cut')))
})

t.test('a cut by roster apply is to be taken back, whatever was before it', async t => {
  const before = [cut, back, 'offboard undo > left:ws2']
  t.ok(wasTakenBack(deeds(...before), 'left:ws2'))
  t.notOk(wasTakenBack(deeds(...before, 'roster apply > cut'), 'left:ws2'))
})

t.test('an admin is named with who called sudo, where that is a name', async t => {
  const by = (caller?: string) =>
    actorOf({ user: 'root', host: 'ws1' }, caller === undefined ? {} : { SUDO_USER: caller })
  t.equal(by(), 'root@ws1')
  t.equal(by('root'), 'root@ws1')
  t.equal(by('ada'), 'ada as root@ws1')
  t.equal(by('SITE\\ada'), 'SITE\\ada as root@ws1')
  t.equal(by('ada@site.example'), 'ada@site.example as root@ws1')
  for (const odd of ['', 'bob as root@x, for ada', 'a\nb', `a${'b'.repeat(64)}`, '\u001b[31mada'])
    t.equal(by(odd), 'root@ws1', odd)
})
