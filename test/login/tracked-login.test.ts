// The login in the file beside the one we hold: whose child it is, and when it should be renewed.

import t from 'tap'
import { type Login, tokenHash } from '../../src/login/login.js'
import type { TrackedLogin } from '../../src/login/memory.js'
import { completed, isIncomplete, lineageInFile, renewAtMs } from '../../src/login/tracked-login.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const nowMs = Date.UTC(2026, 0, 5, 9)
const day30 = nowMs + 720 * hourMs

function login(access: string, refresh: string | null, change: Partial<Login> = {}): Login {
  const times = { expiresAtMs: nowMs + 8 * hourMs, loginEndsAtMs: day30 }
  return {
    accessToken: access,
    refreshToken: refresh,
    ...times,
    scopes: ['s'],
    fields: {},
    ...change,
  }
}

const chain = ['r1', 'r2', 'r3'].map(tokenHash)
const held: TrackedLogin = {
  accessHash: tokenHash('a3'),
  refreshHash: tokenHash('r3'),
  inFile: true,
  lineage: { id: 'x', generation: 2, chain, signedInAtMs: 1 },
  expiresAtMs: nowMs + hourMs,
  loginEndsAtMs: day30,
  scopes: ['s'],
  sinceMs: nowMs,
  renewedAtMs: null,
}

t.test('whose child is the login in the file?', async t => {
  const later = { loginEndsAtMs: day30 + hourMs }
  const cases: [string, Login, object | null][] = [
    ['the one we hold', login('a3', 'r3'), held.lineage],
    ['the one we hold, in sole custody', login('a3', null), held.lineage],
    [
      'refreshed by the client',
      login('a4', 'r4'),
      { id: 'x', generation: 3, chain: [...chain, tokenHash('r4')] },
    ],
    [
      'refreshed by an old client that drops the end',
      login('a4', 'r4', { loginEndsAtMs: null }),
      { id: 'x', generation: 3 },
    ],
    [
      'a fresh sign-in: its end moved later',
      login('b1', 's1', later),
      { id: 'new', generation: 0, chain: [tokenHash('s1')] },
    ],
    [
      'an earlier one put back',
      login('a1', 'r1'),
      { id: 'x', generation: 0, chain: [tokenHash('r1')] },
    ],
    ['an unknown one without a refresh token', login('z', null), null],
  ]
  for (const [name, file, expected] of cases) {
    const found = lineageInFile(file, held, nowMs, 'new')
    if (expected === null) t.equal(found, null, name)
    else t.match(found, expected, name)
  }
  t.match(lineageInFile(login('a', 'r'), null, 7, 'new'), {
    id: 'new',
    generation: 0,
    signedInAtMs: 7,
  })
})

t.test('a sign-in is later than the one before it, whatever the clock says', async t => {
  const signIn = login('b1', 's1', { loginEndsAtMs: day30 + hourMs })
  for (const beforeMs of [nowMs - hourMs, nowMs, nowMs + 400 * 24 * hourMs]) {
    const before = { ...held, lineage: { ...held.lineage, signedInAtMs: beforeMs } }
    const found = [
      lineageInFile(signIn, before, nowMs, 'new'),
      lineageInFile(login('b1', 's1'), before, nowMs, 'new', { signedIn: true }),
      lineageInFile(login('b1', 's1'), before, nowMs, 'new', { spent: [tokenHash('r3')] }),
      lineageInFile(login('b1', 's1'), { ...before, inFile: false }, nowMs, 'new'),
    ]
    for (const each of found) {
      t.equal(each?.id, 'new')
      t.ok((each?.signedInAtMs ?? 0) > beforeMs, String(beforeMs - nowMs))
    }
  }
})

t.test('when a login should be renewed', async t => {
  const grant = { via: 'grant' as const, renewAt: 0.5 }
  const of = (leftMs: number | null, sinceMs: number, issuedToUs: boolean, renewal = grant) => {
    const at = renewAtMs(
      { expiresAtMs: leftMs === null ? null : nowMs + leftMs, refreshToken: 'r' },
      { sinceMs, issuedToUs },
      renewal,
    )
    return at === null ? null : (at - nowMs) / minuteMs
  }
  t.equal(of(8 * hourMs, nowMs, true), 240, 'issued to us: half of its life')
  t.equal(of(60 * minuteMs, nowMs, true), 30, 'of a short one too')
  t.equal(of(8 * hourMs, nowMs, false), 240, 'found: half of what is left')
  t.equal(of(7 * hourMs, nowMs - 20 * hourMs, false), 180, 'a life of at most 8 hours')
  t.equal(
    of(8 * minuteMs, nowMs, false),
    2,
    'found, and soon the client’s: 6 minutes before the end',
  )
  t.equal(of(8 * hourMs, nowMs, true, { ...grant, renewAt: 0.25 }), 120)
  t.equal(
    of(8 * hourMs, nowMs, true, { via: 'client' as never, renewAt: 0.5 }),
    476,
    'inside the client’s window',
  )
  t.equal(of(null, nowMs, true), null, 'long-lived: never')
})

t.test('what a faulty refresh dropped is noticed, and filled in', async t => {
  const noScopes = login('a4', 'r4', { scopes: null })
  const noEnd = login('a3', 'r3', { expiresAtMs: null })
  t.ok(isIncomplete(noScopes, held))
  t.ok(isIncomplete(noEnd, held))
  t.notOk(
    isIncomplete(login('a4', 'r4', { expiresAtMs: null }), held),
    'the end of another token is unknown',
  )
  t.notOk(isIncomplete(noScopes, null))
  t.notOk(isIncomplete(login('a3', 'r3'), held))
  t.match(completed(noScopes, held), { scopes: ['s'], expiresAtMs: nowMs + 8 * hourMs })
  t.match(completed(noEnd, held), { expiresAtMs: held.expiresAtMs })
})
