// The judgment of all logins, case by case.

import t from 'tap'
import type { ExpectedUser, SeenDocument, SeenRecord } from '../../src/fleet/finding.js'
import { countUsers, fleetVerdict, judge } from '../../src/fleet/judge.js'
import type { JudgedLogin } from '../../src/fleet/judged-login.js'
import type { HealthRecord } from '../../src/fleet/record.js'
import { type FleetState, fleetStates, needsAction, ownReasons } from '../../src/fleet/states.js'

const nowMs = Date.parse('2026-12-01T12:00:00Z')
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const silentAfterMs = 26 * hourMs

const well: HealthRecord = {
  at: nowMs - hourMs,
  verdict: 'ok',
  because: 'fresh',
  since: nowMs - 50 * hourMs,
  expiresAt: nowMs - minuteMs,
  loginEndsAt: nowMs + 20 * 24 * hourMs,
  credential: 'login',
  custody: 'sole',
  store: 'current',
  identity: 'expected',
  version: '0.2.0',
  client: '2.1.330',
}

function row(more: Partial<ExpectedUser> = {}): ExpectedUser {
  return { user: 'ada', vaultName: 'ada', isEnrolled: true, isParked: false, leftOn: null, ...more }
}

function record(more: Partial<HealthRecord> = {}, host = 'ws1', user = 'ada'): SeenRecord {
  return { user, host, record: { ...well, ...more } }
}

function document(ageMs: number | null, more: Partial<SeenDocument> = {}): SeenDocument {
  const updatedAtMs = ageMs === null ? null : nowMs - ageMs
  const whole = { newest: 'kept', deletedAtMs: null, isCut: false } as const
  return { user: 'ada', host: null, updatedAtMs, ...whole, ...more }
}

interface World {
  roster?: readonly ExpectedUser[] | null
  records?: readonly SeenRecord[]
  documents?: readonly SeenDocument[]
  source?: 'vault' | 'homes'
  /** Whom root has marked as left. */
  cut?: string[]
}

function judged({ roster = [row()], records = [], documents = [], source = 'vault', cut }: World) {
  const config = { silentAfterMs, source, ...(cut && { cut: new Set(cut) }) }
  return judge(roster, records, documents, nowMs, config)
}

/** user@host: state because. */
function told({ user, host, state, because }: JudgedLogin): string {
  return `${user}@${host ?? ''}: ${state} ${because}`
}

const cases: [string, World, string[]][] = [
  ['a login that is well', { records: [record()] }, ['ada@ws1: ok fresh']],
  [
    'one that needs a sign-in',
    { records: [record({ verdict: 'sign-in', because: 'grant-refused' })] },
    ['ada@ws1: sign-in grant-refused'],
  ],
  [
    'nobody ever signed in there',
    { records: [record({ verdict: 'sign-in', because: 'never-signed-in', credential: 'none' })] },
    ['ada@ws1: sign-in never-signed-in'],
  ],
  [
    'trouble of our own',
    { records: [record({ verdict: 'broken', because: 'own-trouble' })] },
    ['ada@ws1: broken own-trouble'],
  ],
  [
    'a login server that is away',
    { records: [record({ verdict: 'no-answer', because: 'no-answer' })] },
    ['ada@ws1: no-answer no-answer'],
  ],
  [
    'something that needs care',
    { records: [record({ verdict: 'attention' })] },
    ['ada@ws1: attention fresh'],
  ],
  [
    'a reason that only a later version knows',
    { records: [record({ because: 'moon-phase' })] },
    ['ada@ws1: ok moon-phase'],
  ],
  [
    'another one’s login that counts as well',
    { records: [record({ identity: 'other' })] },
    ['ada@ws1: attention wrong-identity'],
  ],
  [
    'an identity that nobody knows',
    { records: [record({ identity: 'unknown' })] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'an access token long over, with a sign-in that goes on',
    { records: [record({ expiresAt: nowMs - 300 * hourMs })] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'a sign-in that has ended since the record',
    { records: [record({ loginEndsAt: nowMs - minuteMs })] },
    ['ada@ws1: sign-in login-ended'],
  ],
  [
    'a sign-in that was refused before its end',
    {
      records: [
        record({ verdict: 'sign-in', because: 'grant-refused', loginEndsAt: nowMs - minuteMs }),
      ],
    },
    ['ada@ws1: sign-in grant-refused'],
  ],
  [
    'an end of a login that is not what signs',
    {
      records: [
        record({ because: 'other-credential', credential: 'other', loginEndsAt: nowMs - 1 }),
      ],
    },
    ['ada@ws1: ok other-credential'],
  ],
  [
    'a record from before there was a program to write it',
    { records: [record({ at: 1 })] },
    ['ada@ws1: unknown clock'],
  ],
  [
    'trouble under such a date',
    { records: [record({ at: 1, verdict: 'sign-in', because: 'grant-refused' })] },
    ['ada@ws1: sign-in grant-refused'],
  ],
  [
    'an end of the sign-in from before there was a program to note it',
    { records: [record({ loginEndsAt: 1 })] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'a document with a date that no server gives',
    { documents: [document(nowMs - 1)] },
    ['ada@: unknown clock'],
  ],
  [
    'a record just not too old',
    { records: [record({ at: nowMs - silentAfterMs })] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'a record just too old',
    { records: [record({ at: nowMs - silentAfterMs - 1 })] },
    ['ada@ws1: silent no-news'],
  ],
  [
    'an old record with a backup since',
    { records: [record({ at: nowMs - 90 * hourMs })], documents: [document(hourMs)] },
    ['ada@ws1: ok backed-up'],
  ],
  [
    'an old record of trouble with a backup since',
    {
      records: [record({ at: nowMs - 90 * hourMs, verdict: 'attention' })],
      documents: [document(hourMs)],
    },
    ['ada@ws1: attention fresh'],
  ],
  [
    'an old need to sign in',
    { records: [record({ at: nowMs - 90 * hourMs, verdict: 'sign-in', because: 'signed-out' })] },
    ['ada@ws1: sign-in signed-out'],
  ],
  [
    'two old hosts with one document: nobody knows whose backup it is',
    {
      records: [record({ at: nowMs - 90 * hourMs }), record({ at: nowMs - 99 * hourMs }, 'ws2')],
      documents: [document(hourMs)],
    },
    ['ada@ws1: silent no-news', 'ada@ws2: silent no-news'],
  ],
  [
    'two old hosts with documents of their own',
    {
      records: [record({ at: nowMs - 90 * hourMs }), record({ at: nowMs - 90 * hourMs }, 'ws2')],
      documents: [document(hourMs, { host: 'ws2' }), document(90 * hourMs, { host: 'ws1' })],
    },
    ['ada@ws1: silent no-news', 'ada@ws2: ok backed-up'],
  ],
  [
    'a second login folder on the same host',
    { records: [record(), record({ verdict: 'attention' }, 'ws1/work')] },
    ['ada@ws1/work: attention fresh', 'ada@ws1: ok fresh'],
  ],
  [
    'a host without a record beside one with',
    { records: [record()], documents: [document(hourMs, { host: 'ws2' })] },
    ['ada@ws1: ok fresh', 'ada@ws2: ok backed-up'],
  ],
  [
    'a clock a little ahead',
    { records: [record({ at: nowMs + 5 * minuteMs })] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'a record from the future',
    { records: [record({ at: nowMs + 5 * minuteMs + 1 })] },
    ['ada@ws1: unknown clock'],
  ],
  [
    'a need to sign in from the future',
    { records: [record({ at: 8.64e15, verdict: 'sign-in', because: 'signed-out' })] },
    ['ada@ws1: unknown clock'],
  ],
  [
    'a record that is none',
    { records: [{ user: 'ada', host: 'ws1', record: 'unreadable' }] },
    ['ada@ws1: unknown unreadable'],
  ],
  [
    'marked as left by root, with a record',
    { records: [record()], source: 'homes', cut: ['ada'] },
    ['ada@ws1: left record-remains'],
  ],
  [
    'marked as left by root, and no record',
    { source: 'homes', cut: ['ada', 'gone'] },
    ['ada@: left cut'],
  ],
  [
    'left, and the directory tells no home',
    {
      roster: [row({ leftOn: '2026-11-30' })],
      records: [{ user: 'ada', host: 'ws1', record: 'no-directory' }],
      source: 'homes',
    },
    ['ada@: left roster'],
  ],
  [
    'marked as left by root, and nobody else may look into the home',
    {
      records: [{ user: 'ada', host: 'ws1', record: 'closed' }],
      source: 'homes',
      cut: ['ada'],
    },
    ['ada@: left cut'],
  ],
  [
    "left, and a record that can't be read is there",
    {
      roster: [row({ leftOn: '2026-11-30' })],
      records: [{ user: 'ada', host: 'ws1', record: 'unreadable' }],
      source: 'homes',
    },
    ['ada@ws1: left record-remains'],
  ],
  [
    'marked as left by root, and not in the roster',
    { roster: [], records: [record()], source: 'homes', cut: ['ada'] },
    ['ada@ws1: left record-remains'],
  ],
  [
    'a home where nobody else may look',
    { records: [{ user: 'ada', host: 'ws1', record: 'closed' }], source: 'homes' },
    ['ada@ws1: unknown closed'],
  ],
  [
    'a home that no directory tells',
    { records: [{ user: 'ada', host: 'ws1', record: 'no-directory' }], source: 'homes' },
    ['ada@ws1: unknown no-directory'],
  ],
  [
    'a record that is none, and a backup',
    {
      records: [{ user: 'ada', host: 'ws1', record: 'unreadable' }],
      documents: [document(hourMs)],
    },
    ['ada@ws1: unknown unreadable'],
  ],
  ['a backup alone', { documents: [document(hourMs)] }, ['ada@: ok backed-up']],
  ['an old backup alone', { documents: [document(27 * hourMs)] }, ['ada@: silent no-news']],
  ['a backup without a time', { documents: [document(null)] }, ['ada@: unknown unreadable']],
  ['a backup of tomorrow', { documents: [document(-24 * hourMs)] }, ['ada@: unknown clock']],
  [
    'a backup that was deleted',
    { documents: [document(hourMs, { deletedAtMs: nowMs - minuteMs })] },
    ['ada@: silent backup-deleted'],
  ],
  [
    'a backup deleted by a server whose clock is a little ahead',
    { documents: [document(hourMs, { deletedAtMs: nowMs + minuteMs })] },
    ['ada@: silent backup-deleted'],
  ],
  [
    'a backup that is going to be deleted',
    { documents: [document(hourMs, { deletedAtMs: nowMs + 90 * hourMs })] },
    ['ada@: ok backed-up'],
  ],
  [
    'a backup that was destroyed',
    { documents: [document(hourMs, { newest: 'destroyed' })] },
    ['ada@: silent backup-deleted'],
  ],
  [
    'a document to which nothing was ever written',
    { documents: [document(hourMs, { newest: 'none' })] },
    ['ada@: never no-record'],
  ],
  [
    'one of a user who is not listed',
    { roster: [], documents: [document(hourMs, { newest: 'none' })] },
    ['ada@: stranger not-in-roster'],
  ],
  [
    'a deleted backup of one who left',
    {
      roster: [row({ leftOn: '2026-11-30' })],
      documents: [document(hourMs, { newest: 'destroyed' })],
    },
    ['ada@: left document-remains'],
  ],
  [
    'an old record, and a backup since that is deleted or was never made',
    {
      records: [record({ at: nowMs - 90 * hourMs }), record({ at: nowMs - 90 * hourMs }, 'ws2')],
      documents: [
        document(hourMs, { host: 'ws1', deletedAtMs: nowMs - minuteMs }),
        document(hourMs, { host: 'ws2', newest: 'none' }),
      ],
    },
    ['ada@ws1: silent no-news', 'ada@ws2: silent no-news'],
  ],
  [
    'a record of a login that is well, and a deleted backup',
    { records: [record()], documents: [document(hourMs, { newest: 'destroyed' })] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'backups of two hosts alone',
    { documents: [document(hourMs, { host: 'ws1' }), document(99 * hourMs, { host: 'ws2' })] },
    ['ada@ws2: silent no-news', 'ada@ws1: ok backed-up'],
  ],
  ['a user of whom nothing is there', {}, ['ada@: never no-record']],
  [
    'a record without a user',
    { roster: [], records: [record()] },
    ['ada@ws1: stranger not-in-roster'],
  ],
  [
    'a document without a user',
    { roster: [], documents: [document(hourMs)] },
    ['ada@: stranger not-in-roster'],
  ],
  [
    'a stranger in need',
    { roster: [], records: [record({ verdict: 'sign-in', because: 'login-ended' })] },
    ['ada@ws1: sign-in login-ended'],
  ],
  ['no roster at all', { roster: null, records: [record()] }, ['ada@ws1: ok fresh']],
  ['no roster, and nobody', { roster: null }, []],
  ['an empty roster, and nobody', { roster: [] }, []],
  ['a user who is parked', { roster: [row({ isParked: true })] }, ['ada@: parked roster']],
  [
    'a parked user with an old record',
    { roster: [row({ isParked: true })], records: [record({ at: 0, since: 0 })] },
    ['ada@ws1: parked roster'],
  ],
  [
    'a user whom claude-auth leaves alone',
    { roster: [row({ isEnrolled: false })], documents: [document(99 * hourMs)] },
    ['ada@: off roster'],
  ],
  [
    'a login that is switched off, long ago',
    { records: [record({ because: 'off', at: nowMs - 99 * hourMs })] },
    ['ada@ws1: off off'],
  ],
  ['a user who left', { roster: [row({ leftOn: '2026-12-01' })] }, ['ada@: left roster']],
  [
    'a user who leaves tomorrow',
    { roster: [row({ leftOn: '2026-12-02' })], records: [record()] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'a user who left, and what is still there',
    {
      roster: [row({ leftOn: '2026-11-30' })],
      records: [record({ verdict: 'broken' })],
      documents: [document(hourMs)],
    },
    ['ada@: left document-remains', 'ada@ws1: left record-remains'],
  ],
  [
    'a user who was cut',
    { records: [record()], documents: [document(hourMs, { isCut: true })] },
    ['ada@: left document-remains', 'ada@ws1: left record-remains'],
  ],
  [
    'a user who was cut and is in no roster any more',
    { roster: [], documents: [document(hourMs, { isCut: true })] },
    ['ada@: left document-remains'],
  ],
  [
    'another name in Vault',
    { roster: [row({ vaultName: 'ada.l' })], records: [record({}, 'ws1', 'ada.l')] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'a name that Vault folds',
    { roster: [row({ vaultName: 'Ada.L' })], records: [record({}, 'ws1', 'ada.l')] },
    ['ada@ws1: ok fresh'],
  ],
  [
    'homes bear the names of accounts',
    {
      roster: [row({ vaultName: 'ada.l' }), row({ user: 'ada.l', vaultName: 'ada' })],
      records: [record({}, 'ws1', 'ada.l')],
      source: 'homes',
    },
    ['ada@: never no-record', 'ada.l@ws1: ok fresh'],
  ],
  [
    'one that is broken hides behind no other',
    { records: [record(), record({ verdict: 'broken' }, 'ws2'), record({}, 'ws3')] },
    ['ada@ws2: broken fresh', 'ada@ws1: ok fresh', 'ada@ws3: ok fresh'],
  ],
  [
    'two records of one host: the worse counts',
    { records: [record({ verdict: 'attention' }), record()] },
    ['ada@ws1: attention fresh'],
  ],
]

for (const [what, world, lines] of cases)
  t.test(what, async t => {
    t.same(judged(world).map(told), lines)
  })

t.test('a line says what is known of the login', async t => {
  const [line] = judged({ records: [record()] })
  t.same(line, {
    user: 'ada',
    host: 'ws1',
    state: 'ok',
    because: 'fresh',
    since: well.since,
    seenAt: well.at,
    loginEndsAt: well.loginEndsAt,
    credential: 'login',
    custody: 'sole',
    version: '0.2.0',
    toDo: null,
  })
})

t.test('the newest sign of life is the record or the backup, and never of the future', async t => {
  const seenAt = (world: World) => judged(world)[0]?.seenAt
  t.equal(seenAt({ records: [record()], documents: [document(minuteMs)] }), nowMs - minuteMs)
  t.equal(seenAt({ records: [record()], documents: [document(-24 * hourMs)] }), well.at)
  t.equal(seenAt({ records: [record({ at: nowMs + minuteMs })] }), nowMs)
  t.equal(seenAt({ records: [record({ at: nowMs + 9 * minuteMs })] }), null)
  t.equal(seenAt({ documents: [document(minuteMs, { newest: 'none' })] }), null)
  t.equal(
    seenAt({ records: [record()], documents: [document(minuteMs, { newest: 'destroyed' })] }),
    well.at,
  )
  t.equal(seenAt({}), null)
})

t.test('who needs somebody is told what to type', async t => {
  const toDo = (world: World) => judged(world)[0]?.toDo
  const needing = (more: Partial<HealthRecord>) => toDo({ records: [record(more)] })
  t.equal(needing({ verdict: 'sign-in', because: 'signed-out' }), 'claude-auth login')
  t.equal(
    needing({ verdict: 'sign-in', because: 'login-ended', credential: 'long-lived' }),
    'claude-auth login --long-lived',
  )
  t.equal(needing({ verdict: 'broken' }), 'claude-auth doctor')
  t.equal(toDo({}), 'claude-auth login')
  t.equal(toDo({ documents: [document(0, { newest: 'none' })] }), 'claude-auth login')
  t.equal(toDo({ documents: [document(0, { newest: 'destroyed' })] }), 'claude-auth doctor')
  t.equal(toDo({ roster: [], records: [record()] }), 'claude-auth offboard ada')
  const evil = '$(reboot)\u001b[2J'
  t.equal(toDo({ roster: [], records: [record({}, 'ws1', evil)] }), 'claude-auth offboard')
  const left = [row({ leftOn: '2026-11-30' })]
  t.equal(toDo({ roster: left }), null)
  t.equal(toDo({ roster: left, records: [record()] }), 'claude-auth offboard ada')
})

t.test('users are counted by their worst login, and every state has its number', async t => {
  const roster = ['ada', 'bob', 'cyd'].map(user => row({ user, vaultName: user }))
  const records = [
    record(),
    record({ verdict: 'sign-in' }, 'ws2'),
    record({}, 'ws1', 'bob'),
    record({}, 'ws2', 'bob'),
  ]
  const counts = countUsers(judged({ roster, records }))
  t.same(Object.keys(counts), fleetStates)
  t.same(counts, {
    ...Object.fromEntries(fleetStates.map(state => [state, 0])),
    'sign-in': 1,
    never: 1,
    ok: 1,
  })
})

t.test('the whole asks for a sign-in, for somebody, or for nobody', async t => {
  const of = (...states: FleetState[]) => {
    const [line] = judged({})
    return fleetVerdict(states.map(state => ({ ...(line as JudgedLogin), state })))
  }
  t.equal(of('broken', 'sign-in', 'ok'), 'sign-in')
  t.equal(of('ok', 'unknown'), 'attention')
  t.equal(of('ok', 'parked', 'off', 'left'), 'ok')
  t.equal(of(), 'ok')
  t.same(fleetStates.filter(needsAction), fleetStates.slice(0, 8))
})

t.test('each reason of its own has words', async t => {
  const all = cases.flatMap(([, world]) => judged(world))
  const words = new Set(all.map(({ because }) => because))
  for (const reason of Object.keys(ownReasons)) t.ok(words.has(reason), reason)
})

t.test('a time that no working clock gives is unknown', async t => {
  const [line] = judged({ records: [record({ since: 1, loginEndsAt: 8.64e15 })] })
  t.match(line, { state: 'ok', since: null, loginEndsAt: null, seenAt: nowMs - hourMs })
  const [later] = judged({ records: [record({ since: nowMs + 24 * hourMs })] })
  t.match(later, { state: 'ok', since: null })
  const [early] = judged({ records: [record({ at: 1, since: 1 })] })
  t.match(early, { state: 'unknown', since: null, seenAt: null })
})
