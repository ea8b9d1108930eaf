// What the journal counts as done, and what a later way back, or a second leaving, makes of it.

import t from 'tap'
import type { AdminDeed } from '../../src/offboard/admin-journal.js'
import { begin, wasCutFromHere, wasDone, wasTakenBack } from '../../src/offboard/deeds.js'

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
