// The view as metrics for the textfile collector of node_exporter.

import { clean } from '../text/clean.js'
import type { JudgedLogin } from './judged-login.js'
import { type FleetState, fleetStates } from './states.js'
import { type FleetView, loginsOf } from './view.js'

/** For more users from Vault, one host's file would hold too many series: only counts are told. */
const mostUsers = 1_000

/** Prometheus' text format (version 0.0.4), without timestamps. `isWhole`: nothing had to be left out of the view. */
export function metricsText(
  view: FleetView,
  { version, isWhole }: { version: string; isWhole: boolean },
): string {
  const all = fleetStates.reduce((sum, state) => sum + view.counts[state], 0)
  const isCounted = view.source === 'vault' && all > mostUsers
  return [
    ...(isCounted ? [] : perUser(view)),
    metric(
      'claude_auth_users',
      'Users by the worst state of their logins.',
      fleetStates.map(state => [{ state }, view.counts[state]]),
    ),
    metric('claude_auth_fleet_run_timestamp_seconds', 'When the logins were last looked at.', [
      [{}, view.atMs / 1000],
    ]),
    metric('claude_auth_fleet_run_success', '1 if that look was whole.', [[{}, isWhole ? 1 : 0]]),
    metric('claude_auth_build_info', 'The version of claude-auth that looked.', [[{ version }, 1]]),
  ].join('')
}

/** All hosts of a user are one: the worst state, the first sign-in that is needed, the first end, the newest sign of life. */
interface OfUser {
  state: FleetState
  /** Why a sign-in is needed on one of the hosts; null: on none. */
  signInBecause: string | null
  endsAtMs: number | null
  seenAtMs: number | null
  backedUpAtMs: number | null
}

function perUser(view: FleetView): string[] {
  const users = new Map<string, OfUser>()
  // Worst first: what is met first of a user stays.
  for (const login of loginsOf(view)) {
    const name = labelOf(login.user)
    const known = users.get(name)
    users.set(name, known === undefined ? ofUser(login) : withLogin(known, login))
  }
  for (const [user, atMs] of view.backedUpAtMs) {
    const known = users.get(labelOf(user))
    if (known !== undefined) known.backedUpAtMs = latest(known.backedUpAtMs, atMs)
  }
  const rows = [...users].sort(([one], [other]) => (one < other ? -1 : 1))
  const each = (read: (of: OfUser) => number | null): Row[] =>
    rows.flatMap(([user, of]) => {
      const value = read(of)
      return value === null ? [] : [[{ user }, value]]
    })
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000)
  return [
    metric('claude_auth_login_ok', '1 while the login works.', each(worksNow)),
    metric(
      'claude_auth_needs_sign_in',
      '1 while only a person can help.',
      rows.flatMap(([user, { signInBecause: because }]): Row[] =>
        because === null ? [] : [[{ user, because }, 1]],
      ),
    ),
    metric(
      'claude_auth_login_ends_timestamp_seconds',
      'When the sign-in ends.',
      each(({ endsAtMs }) => seconds(endsAtMs)),
    ),
    metric(
      'claude_auth_checked_timestamp_seconds',
      'The newest sign of life.',
      each(({ seenAtMs }) => seconds(seenAtMs)),
    ),
    metric(
      'claude_auth_backed_up_timestamp_seconds',
      'When the login was last backed up.',
      each(({ backedUpAtMs }) => seconds(backedUpAtMs)),
    ),
  ]
}

function ofUser({ state, because, loginEndsAt, seenAt }: JudgedLogin): OfUser {
  const signInBecause = state === 'sign-in' ? because : null
  return { state, signInBecause, endsAtMs: loginEndsAt, seenAtMs: seenAt, backedUpAtMs: null }
}

function withLogin(known: OfUser, login: JudgedLogin): OfUser {
  const { loginEndsAt, seenAt } = login
  const ends = [known.endsAtMs, loginEndsAt].filter(each => each !== null)
  return {
    ...known,
    signInBecause: known.signInBecause ?? ofUser(login).signInBecause,
    endsAtMs: ends.length === 0 ? null : Math.min(...ends),
    seenAtMs: latest(known.seenAtMs, seenAt),
  }
}

function latest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.max(one, other)
}

/** Null where it is not reported. */
function worksNow({ state }: OfUser): number | null {
  if (state === 'ok' || state === 'attention') return 1
  return ['parked', 'off', 'left', 'stranger'].includes(state) ? null : 0
}

type Row = [labels: Readonly<Record<string, string>>, value: number]

/** Nothing where no row is: a name without a sample would say that something is missing. */
function metric(name: string, help: string, rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const lines = rows.map(([labels, value]) => `${name}${labelText(labels)} ${value}`)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n')
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** One line of printable text; two names that look the same are one series. */
function labelOf(name: string): string {
  return clean(name, 100)
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
