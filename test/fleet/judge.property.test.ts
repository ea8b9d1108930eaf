// The judgment of anything at all: it always comes to an end, order counts nothing, and nothing bad is hidden.

import fc from 'fast-check'
import t from 'tap'
import type { ExpectedUser, SeenDocument, SeenRecord } from '../../src/fleet/finding.js'
import { countUsers, fleetVerdict, judge } from '../../src/fleet/judge.js'
import type { JudgedLogin } from '../../src/fleet/judged-login.js'
import { type HealthRecord, recordVerdicts } from '../../src/fleet/record.js'
import { fleetStates, needsAction } from '../../src/fleet/states.js'
import { cases } from '../kit/cases.js'

const nowMs = Date.parse('2026-12-01T12:00:00Z')
const runs = { numRuns: cases }
const hourMs = 3_600_000
const names = ['ada', 'Ada', 'bob', '__proto__', '<b>', '\u001b[2J']

const name = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 3 }))
const host = fc.oneof(fc.constantFrom('ws1', 'ws2', 'ws1/work', '../../x', ''), fc.string())
const time = fc.oneof(
  fc.integer({ min: -200, max: 200 }).map(hours => nowMs + hours * hourMs),
  fc.nat({ max: 8.64e15 }),
)
const anyRecord: fc.Arbitrary<HealthRecord> = fc.record({
  at: time,
  verdict: fc.constantFrom(...recordVerdicts),
  because: fc.constantFrom('fresh', 'off', 'grant-refused', 'constructor'),
  since: time,
  expiresAt: fc.option(time),
  loginEndsAt: fc.option(time),
  credential: fc.constantFrom('login', 'long-lived', 'other', 'none'),
  custody: fc.constantFrom('shared', 'sole'),
  store: fc.constantFrom('current', 'none'),
  identity: fc.constantFrom('expected', 'other', 'unknown'),
  version: fc.constant('0.2.0'),
  client: fc.constant(null),
})
const seenRecord: fc.Arbitrary<SeenRecord> = fc.record({
  user: name,
  host,
  record: fc.oneof(
    anyRecord,
    fc.constantFrom('unreadable' as const, 'closed' as const, 'no-directory' as const),
  ),
})
const seenDocument: fc.Arbitrary<SeenDocument> = fc.record({
  user: name,
  host: fc.option(host),
  updatedAtMs: fc.option(time),
  newest: fc.constantFrom('kept', 'destroyed', 'none'),
  deletedAtMs: fc.option(time),
  isCut: fc.boolean(),
})
const row: fc.Arbitrary<ExpectedUser> = fc.record({
  user: name,
  vaultName: name,
  isEnrolled: fc.boolean(),
  isParked: fc.boolean(),
  leftOn: fc.option(fc.constantFrom('2026-11-30', '2026-12-02', 'never')),
})
const config = fc.record({
  silentAfterMs: fc.constantFrom(hourMs, 26 * hourMs),
  source: fc.constantFrom('vault' as const, 'homes' as const),
})
const world = fc.record({
  roster: fc.option(fc.array(row, { maxLength: 6 })),
  records: fc.array(seenRecord, { maxLength: 8 }),
  documents: fc.array(seenDocument, { maxLength: 6 }),
  config,
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function judged({ roster, records, documents, config }: World): JudgedLogin[] {
  return judge(roster, records, documents, nowMs, config)
}

function rank({ state }: Pick<JudgedLogin, 'state'>): number {
  return fleetStates.indexOf(state)
}

function always(holds: (given: World) => boolean | undefined) {
  fc.assert(
    fc.property(world, given => holds(given) !== false),
    runs,
  )
}

t.test('everybody who is expected or was seen has a line of a known state', async t => {
  always(given => {
    const lines = judged(given)
    const { source } = given.config
    const key = (user: string) => (source === 'vault' ? user.toLowerCase() : user)
    const users = new Set(lines.map(({ user }) => user))
    const rows = given.roster ?? []
    const keys = new Set(rows.map(each => key(source === 'vault' ? each.vaultName : each.user)))
    const seen = [...given.records, ...given.documents].map(({ user }) => key(user))
    return (
      lines.every(line => rank(line) >= 0) &&
      rows.every(({ user }) => users.has(user)) &&
      seen.every(user => keys.has(user) || users.has(user))
    )
  })
  t.pass()
})

t.test('the order of what is given counts nothing', async t => {
  fc.assert(
    fc.property(
      world.chain(given =>
        fc.tuple(
          fc.constant(given),
          fc.shuffledSubarray(given.records, { minLength: given.records.length }),
          fc.shuffledSubarray(given.documents, { minLength: given.documents.length }),
          fc.shuffledSubarray(given.roster ?? [], { minLength: given.roster?.length ?? 0 }),
        ),
      ),
      ([given, records, documents, rows]) => {
        const roster = given.roster === null ? null : rows
        return (
          JSON.stringify(judged(given)) ===
          JSON.stringify(judged({ ...given, roster, records, documents }))
        )
      },
    ),
    runs,
  )
  t.pass()
})

t.test('the worst comes first, and the verdict is no better than it', async t => {
  always(given => {
    const lines = judged(given)
    const counts = countUsers(lines)
    const users = new Set(lines.map(({ user }) => user)).size
    const isAsked = lines.some(({ state }) => needsAction(state))
    return (
      lines.every((line, at) => at === 0 || rank(lines[at - 1] as JudgedLogin) <= rank(line)) &&
      Object.values(counts).reduce((sum, each) => sum + each, 0) === users &&
      isAsked === (fleetVerdict(lines) !== 'ok')
    )
  })
  t.pass()
})

t.test('what one record says is never better in company', async t => {
  always(world => {
    const given = { ...world, roster: null }
    const lines = judged(given)
    return given.records.every(record => {
      // In homes, names of other capitals are other users.
      const key = (user: string) => (given.config.source === 'vault' ? user.toLowerCase() : user)
      const isOfIt = ({ user, host }: JudgedLogin) =>
        host === record.host && key(user) === key(record.user)
      const alone = judged({ ...given, records: [record] }).filter(isOfIt)
      const together = lines.filter(isOfIt)
      return alone.every(each => together.some(line => rank(line) <= rank(each)))
    })
  })
  t.pass()
})

t.test(
  'a record of trouble is told whatever else is there, unless nothing is asked of the user',
  async t => {
    always(given => {
      const lines = judged({ ...given, roster: null, documents: [] })
      return given.records.every(({ record, host }) => {
        if (typeof record === 'string' || record.at > nowMs || record.verdict === 'ok') return true
        const word = record.verdict
        return lines.some(line => line.host === host && rank(line) <= fleetStates.indexOf(word))
      })
    })
    t.pass()
  },
)

t.test('no user changes what is said of another', async t => {
  fc.assert(
    fc.property(world, fc.array(seenRecord, { maxLength: 3 }), (given, others) => {
      const source = 'homes' as const
      const added = others.map(each => ({ ...each, user: `other ${each.user}` }))
      const before = { ...given, config: { ...given.config, source } }
      const after = judged({ ...before, records: [...given.records, ...added] })
      const own = after.filter(({ user }) => !user.startsWith('other '))
      return JSON.stringify(own) === JSON.stringify(judged(before))
    }),
    runs,
  )
  t.pass()
})
