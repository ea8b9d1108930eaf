// The commit that brought a row or took it away, and no other that came after it.

import t from 'tap'
import type { RosterVersion } from '../../src/roster/committed.js'
import { type LookBack, type RowChange, rowCommits } from '../../src/roster/reasons.js'

/** From the newest to the oldest. */
async function* versions(texts: Record<string, string | null>): AsyncGenerator<RosterVersion> {
  for (const [sha, text] of Object.entries(texts))
    yield { commit: { sha, atMs: 0, subject: sha, body: '' }, text }
}

const history = {
  'a word elsewhere': 'users: {ada: , bob: {tier: x}, dan: {left: 2026-12-01}}',
  'carol goes': 'users: {ada: , bob: , dan: {left: 2026-12-01}}',
  'a slip': 'users: {ada: , bob: ',
  'dan will go': 'users: {ada: , bob: , carol: , dan: {left: 2026-12-01}}',
  'bob is back': 'users: {ada: , bob: , carol: , dan: }',
  'bob rests': 'users: {ada: , bob: {parked: true}, carol: , dan: }',
  'bob and carol come': 'users: {ada: , bob: , carol: , dan: }',
  begin: 'users: {ada: , dan: }',
}
const all: RowChange[] = [
  { user: 'ada', what: 'added' },
  { user: 'bob', what: 'added' },
  { user: 'carol', what: 'cut' },
  { user: 'dan', what: 'cut' },
]
const limits: LookBack = { mostVersions: 100, mostMs: 1_000, clockMs: () => 0 }

async function reasons(changes: RowChange[], look: LookBack = limits) {
  const found = await rowCommits(changes, versions(history), look)
  return Object.fromEntries([...found].map(([user, { sha }]) => [user, sha]))
}

t.test('each user has the commit since which the roster has them so', async t => {
  t.same(await reasons(all), {
    ada: 'begin',
    bob: 'bob is back',
    carol: 'carol goes',
    dan: 'dan will go',
  })
})

t.test('what lies beyond the limits is not guessed', async t => {
  t.same(await reasons(all, { ...limits, mostVersions: 4 }), { carol: 'carol goes' })
  let ms = 0
  const late = { ...limits, clockMs: () => (ms += 250) }
  t.same(await reasons(all, late), { carol: 'carol goes' })
})

t.test('nothing is read where nobody comes or goes', async t => {
  const unread = (async function* (): AsyncGenerator<RosterVersion> {
    t.fail('a version was asked for')
    yield* versions(history)
  })()
  t.equal((await rowCommits([], unread, limits)).size, 0)
})
