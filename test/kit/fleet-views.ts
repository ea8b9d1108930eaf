// Views of a fleet for tests of how they are shown.

import type { SeenDocument, SeenRecord } from '../../src/fleet/finding.js'
import { judge } from '../../src/fleet/judge.js'
import { type FleetView, type LookRules, viewOfHomes } from '../../src/fleet/view.js'
import { healthRecord } from './fleet-site.js'

export const nowMs = Date.UTC(2026, 10, 29, 2, 30)
const hourMs = 3_600_000

/** Names and hosts as an attacker would choose them: markup, terminal sequences, directions, length. */
export const hostileTexts = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  'evil"\n\\u{}<script>',
  '\u001b[2J\u001b]0;owned\u0007red',
  '\u202Egnp.exe',
  '\u2067lab\u2069',
  '\u009b31mred',
  'al\u200bi\u2060ce',
  'two\r\nclaude_auth_login_ok{user="root"} 1',
  '__proto__',
  'constructor',
  "' or 1=1; `id` $(id)",
  '../../x',
  'x'.repeat(5_000),
  'sk-ant-ort01-planted',
]

/** The records of hosts of a user. */
export function recordsOf(user: string, hosts: Record<string, SeenRecord['record']>): SeenRecord[] {
  return Object.entries(hosts).map(([host, record]) => ({ user, host, record }))
}

/** A view of somebody in each state. */
export function sampleView(more: SeenRecord[] = [], rules: Partial<LookRules> = {}): FleetView {
  const at = nowMs - hourMs
  const row = { isEnrolled: true, isParked: false, leftOn: null }
  const expected = (user: string, rest = {}) => ({ user, vaultName: user, ...row, ...rest })
  const records = [
    ...recordsOf('alice', { ws1: healthRecord({ at, loginEndsAt: nowMs + 5 * 86_400_000 }) }),
    ...recordsOf('bob', {
      ws1: healthRecord({ at, verdict: 'sign-in', because: 'grant-refused' }),
      ws2: healthRecord({ at }),
    }),
    ...recordsOf('carol', { ws1: healthRecord({ at: nowMs - 50 * hourMs }) }),
    ...recordsOf('eve', { ws1: healthRecord({ at }) }),
    ...recordsOf('gone', { ws1: healthRecord({ at }) }),
    ...more,
  ]
  const roster = [
    ...['alice', 'bob', 'carol', 'dave', ...more.map(({ user }) => user)].map(user =>
      expected(user),
    ),
    expected('paul', { isParked: true }),
    expected('gone', { leftOn: '2026-11-01' }),
  ]
  return viewOfHomes(records, { roster, nowMs, silentAfterMs: 26 * hourMs, ...rules })
}

/** What the judge says of one document. */
export function judgedDocument(document: SeenDocument) {
  return judge(null, [], [document], nowMs, { silentAfterMs: 26 * hourMs, source: 'vault' })
}
