// What `roster apply` does of itself and what it only tells a person: nobody is switched on again, no admin cut, no token minted twice.

import t from 'tap'
import {
  type EndingFacts,
  planRoster,
  type UserFacts,
  type UserInVault,
  type UserOnMachine,
} from '../../src/roster/plan.js'
import { aliceRow } from '../kit/roster-row.js'
import { newInVault } from '../kit/user-in-vault.js'

const settled: UserInVault = { ...newInVault, exists: true, hasVersions: true, hasToken: true }
const file = '/home/alice/.config/claude-auth/vault-token'

function planOf(
  vault: Partial<UserInVault> | null,
  machine: UserOnMachine = { kind: 'absent', file },
) {
  const facts = vault === null ? null : { ...newInVault, ...vault }
  const users: UserFacts[] = [{ row: aliceRow, vault: facts, machine }]
  return planRoster({ host: 'ws1', users, ending: [], machineRoster: null }).map(step => step.name)
}

t.test('a user', async t => {
  const all = ['create-record', 'mint-token', 'note-accessor', 'place-token'] as const
  t.same(planOf({}), all, 'new')
  t.same(planOf(null), [], 'without a Vault')
  t.same(planOf({ ...settled, tokenHere: 'alive' }, { kind: 'there', file }), [], 'as it should be')
  t.same(planOf({ ...settled, isCutNoted: true }), ['ask'], 'cut once: nothing is switched on')
  t.same(planOf({ isCutNoted: true }), ['ask'], 'cut once, and without a document')
  for (const tokenHere of ['alive', 'unknown'] as const)
    t.same(planOf({ ...settled, tokenHere }), ['ask'], `${tokenHere}, and not in place`)
  t.same(planOf({ ...settled, tokenHere: 'dead' }, { kind: 'there', file }), ['ask'], 'ended')
  t.same(planOf(settled, { kind: 'none' }), [], 'somebody’s token opens the document already')
  const begun = { ...settled, isOnItsWay: true, isOnItsWayNoted: true }
  t.same(planOf(begun), ['place-token'], 'an earlier run minted it')
  t.same(planOf({ ...begun, isOnItsWayNoted: false }), ['note-accessor', 'place-token'])
  const again = ['mint-token', 'note-accessor', 'place-token'] as const
  for (const tokenHere of ['alive', 'unknown', 'dead', null] as const) {
    const noted = { ...settled, isOverdue: true, isOnItsWayNoted: true, tokenHere }
    t.same(planOf(noted), again, `${tokenHere}: one was minted and noted, and none can open it now`)
    t.same(
      planOf({ ...noted, isOnItsWayNoted: false }),
      ['note-lost', ...again],
      'nor was it noted',
    )
    const lost = { ...settled, mintingSinceMs: 1, tokenHere }
    t.same(planOf(lost), ['note-lost', ...again], 'what an earlier run minted has reached nobody')
  }
  t.same(planOf({ ...settled, isOverdue: true, isOnItsWayNoted: true }, { kind: 'none' }), [
    ...['mint-token', 'note-accessor', 'hand-over'],
  ])
  for (const machine of [
    { kind: 'there', file },
    { kind: 'unfit', why: 'is a link' },
  ] as const) {
    t.equal(planOf({ ...settled, isOnItsWay: true }, machine)[0], 'note-accessor', machine.kind)
    t.equal(planOf({ ...settled, isOverdue: true }, machine)[0], 'note-lost', machine.kind)
  }
  t.same(planOf({ needsToken: false }), ['create-record'])
  t.same(planOf({ ...settled, hasToken: false }, { kind: 'unfit', why: 'is a link' }), ['ask'])
})

t.test('a user who has left', async t => {
  const ending = (more: Partial<EndingFacts>) => {
    const facts: EndingFacts = {
      user: 'bob',
      vaultName: 'bob',
      isAdmin: false,
      because: 'vanished',
      uid: null,
      cut: ['the entity is disabled'],
      isHere: false,
      left: [],
      ...more,
    }
    const plan = planRoster({ host: 'ws1', users: [], ending: [facts], machineRoster: null })
    return plan.map(({ name }) => name)
  }
  t.same(ending({}), ['cut'])
  t.same(ending({ isAdmin: true }), ['ask'], 'an admin is never cut by a roster')
  t.same(ending({ isAdmin: true, cut: null }), ['ask'])
  t.same(ending({ isAdmin: true, cut: [] }), [], 'all is done')
  t.same(ending({ cut: [] }), [])
  t.same(ending({ cut: null }), [], 'there is no place to cut in')
  t.same(ending({ left: [{ detail: 'their tokens', command: null }] }), ['cut', 'ask'])
})
