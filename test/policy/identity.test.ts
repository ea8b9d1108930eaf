// Whose login may be used: organization by UUID, account by UUID where known, else by e-mail.

import t from 'tap'
import {
  isConfigured,
  isRightIdentity,
  leavesOpen,
  type WantedIdentity,
} from '../../src/policy/identity.js'
import type { Identity } from '../../src/policy/outcome.js'

const nobody: Identity = { email: null, accountUuid: null, organizationUuid: null }
const alice: Identity = { email: 'alice@example.com', accountUuid: 'A', organizationUuid: 'O' }
const bob: Identity = { email: 'bob@example.com', accountUuid: 'B', organizationUuid: 'O' }

/** Found, configured, pinned. */
const cases: [string, Identity | null, Partial<WantedIdentity>, Identity | null, boolean][] = [
  ['nothing is wanted', bob, {}, null, true],
  ['nothing is wanted, nobody is found', null, {}, null, true],
  ['the organization fits', bob, { organizationUuid: 'o' }, null, true],
  [
    'another organization',
    { ...alice, organizationUuid: 'P' },
    { organizationUuid: 'O' },
    null,
    false,
  ],
  [
    'no organization said',
    { ...alice, organizationUuid: null },
    { organizationUuid: 'O' },
    null,
    false,
  ],
  ['the e-mail in another case', alice, { email: 'ALICE@example.com' }, null, true],
  ['another e-mail', bob, { email: 'alice@example.com' }, null, false],
  [
    'the account, renamed',
    { ...alice, email: 'al@example.com' },
    { accountUuid: 'a', email: 'alice@example.com' },
    null,
    true,
  ],
  [
    'the account that a user added, beside an e-mail of the machine',
    bob,
    { accountUuid: 'B', email: 'alice@example.com', isEmailPinned: true },
    null,
    false,
  ],
  [
    'the e-mail of the machine and the account that a user added',
    alice,
    { accountUuid: 'A', email: 'alice@example.com', isEmailPinned: true },
    null,
    true,
  ],
  [
    'the e-mail of the machine, but another account than the user added',
    { ...alice, accountUuid: 'B' },
    { accountUuid: 'A', email: 'alice@example.com', isEmailPinned: true },
    null,
    false,
  ],
  [
    'another account with the e-mail',
    { ...alice, accountUuid: 'B' },
    { accountUuid: 'A', email: 'alice@example.com' },
    null,
    false,
  ],
  [
    'the account in another organization',
    { ...alice, organizationUuid: 'P' },
    { accountUuid: 'A', organizationUuid: 'O' },
    null,
    false,
  ],
  ['wanted, but nobody is found', null, { email: 'alice@example.com' }, null, false],
  ['pinned at first use', alice, {}, alice, true],
  ['another than pinned', bob, {}, alice, false],
  ['pinned, but nobody is found', null, {}, alice, false],
  [
    'what is configured counts, not what was pinned',
    bob,
    { email: 'bob@example.com' },
    alice,
    true,
  ],
]

for (const [name, found, configured, pinned, expected] of cases)
  t.test(`${name} → ${expected ? 'right' : 'wrong'}`, async t => {
    t.equal(isRightIdentity(found, { ...nobody, ...configured }, pinned), expected)
  })

t.test('one member is enough to be configured', async t => {
  t.notOk(isConfigured(nobody))
  for (const key of Object.keys(nobody)) t.ok(isConfigured({ ...nobody, [key]: 'x' }))
})

/** Found, configured, pinned. */
const partial: [string, Partial<Identity>, Partial<Identity>, Identity | null, boolean][] = [
  ['all is said', alice, { email: 'alice@example.com', organizationUuid: 'O' }, null, false],
  [
    'no organization, one is wanted',
    { organizationUuid: null },
    { organizationUuid: 'O' },
    null,
    true,
  ],
  ['no organization, one was pinned', { organizationUuid: null }, {}, alice, true],
  [
    'no organization, none is wanted',
    { organizationUuid: null },
    { email: 'alice@example.com' },
    null,
    false,
  ],
  ['no account, one was pinned', { accountUuid: null }, {}, alice, true],
  [
    'no organization, but another e-mail',
    { organizationUuid: null },
    { email: 'bob@example.com', organizationUuid: 'O' },
    null,
    false,
  ],
  [
    'no e-mail, but another organization',
    { email: null },
    { email: 'alice@example.com', organizationUuid: 'P' },
    null,
    false,
  ],
  ['no organization at first use', { organizationUuid: null }, {}, null, true],
  ['all at first use', {}, {}, null, false],
]

for (const [name, found, configured, pinned, expected] of partial)
  t.test(`said in part: ${name} → ${expected ? 'open' : 'told'}`, async t => {
    t.equal(leavesOpen({ ...alice, ...found }, { ...nobody, ...configured }, pinned), expected)
  })
