// The claim in the document: read as it was written, and nothing claimed by what can't be understood.

import t from 'tap'
import type { AlertClaim } from '../../src/store/alert-claim.js'
import { alertClaimKeys, alertClaimOf } from '../../src/store/alert-claim.js'
import { fromDocument, toDocument } from '../../src/store/document.js'

const mark = { id: 'a', by: 'alice@one', atMs: 5 }
const claim: AlertClaim = {
  signIn: { ...mark, about: 'ab'.repeat(32), over: { ...mark, id: 'b' } },
  warned: { id: 'c', by: '', endsAtMs: 7, withinMs: 3 },
  steady: mark,
}

t.test('a claim is read as it was written', async t => {
  const keys = alertClaimKeys(claim, 'w')
  t.same(alertClaimOf(JSON.parse(JSON.stringify(keys))), claim)
  t.equal(keys['claude_auth_write_id'], 'w')
})

t.test('what is damaged claims nothing', async t => {
  for (const value of [null, 7, 'x', [], {}, { signIn: 'x', warned: [], steady: { id: 'a' } }])
    t.equal(alertClaimOf({ claude_auth_alert: value }), null)
  const half = { ...claim, signIn: { ...claim.signIn, over: 'x', about: 7 }, warned: { id: 'c' } }
  t.same(alertClaimOf({ claude_auth_alert: half }), {
    ...claim,
    signIn: { ...claim.signIn, over: null, about: null },
    warned: null,
  })
})

t.test('a login that is written leaves the claim alone', async t => {
  const stored = fromDocument(alertClaimKeys(claim, 'w'))
  t.match(stored, { login: null, alert: claim })
  if (stored) t.notOk('claude_auth_alert' in toDocument(stored))
})
