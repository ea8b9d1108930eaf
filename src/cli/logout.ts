// `claude-auth logout`: mark, then end the login at the server, in the file and in the store; each step is reported.

import { existsSync } from 'node:fs'
import { silenced } from '../alerts/sinks.js'
import type { Config } from '../config/config.js'
import { configOf, type LoginContext, loginContextOf, notOurs } from '../engine/login-context.js'
import { hasOwed } from '../engine/owed-revocations.js'
import { commit } from '../engine/run.js'
import { runOnce } from '../engine/run-once.js'
import { type SignedOutSteps, signOut } from '../engine/sign-out.js'
import { expectedEmail } from '../engine/verify.js'
import { clearMarks } from '../login/marks.js'
import { exitCodes, type Verdict } from '../policy/outcome.js'
import { sealedNames } from '../store/local.js'
import { type Env, ownPaths } from '../system/paths.js'
import { AuthError, type Trouble } from '../system/trouble.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import { clean, cleanMiddle, jsonText } from '../text/clean.js'
import { dateWords } from '../text/durations.js'
import { type Ink, inkFor, progress } from '../text/terminal.js'
import { troubleText } from '../text/trouble.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'logout',
  group: 'daily',
  summary: 'sign out: end the login at the server, remove it here and in the store',
  about:
    "Ends the login at the server and removes it from the login file and the store. Everything else in the login file stays, the logins of MCP servers too (the client's own log-out deletes them). You stay signed out until you sign in again.",
  flags: {
    offline: { says: 'no network: what needs it is done by a later run' },
    json: { says: 'the result as one JSON object' },
  },
  notes: [
    'Each step is reported. A step that fails because a server gives no answer is retried by later runs.',
    'Exit code: 0 done (also if you were signed out already), 1 broken, 2 usage or configuration, 4 something is left for later.',
  ],
  examples: ['claude-auth logout', 'claude-auth logout --json'],
} as const satisfies CommandEntry

/** Of a user whom an admin has marked as left: the login that is ended. */
export interface Leaving {
  /** Its name in the sealed store, whatever a configuration says; null: it has none. */
  profile: string | null
}

/** Signs out and gives the exit code: 0 also if the user was signed out already, 4 if something is left for later. */
export function logout(argv: string[], env: Env): Promise<number> {
  return signedOut(argv, env)
}

/** The same of a login of a user who was marked as left. */
export function logoutOfLeaving(env: Env, leaving: Leaving): Promise<number> {
  return signedOut([], env, leaving)
}

async function signedOut(argv: string[], env: Env, leaving?: Leaving): Promise<number> {
  const { flags } = readFlags(entry, argv)
  const place = loginContextOf(env)
  if (!place.owned) throw notOurs(place)
  const config = await configOf(place, env)
  // Ended by an admin, it can still be signed out: that is how the admin ends it at the server.
  const hasLeft = config.off?.because === 'left'
  if (config.mode === 'off' && !hasLeft)
    throw new AuthError('usage', 'claude-auth is switched off here', { hint: 'claude auth logout' })
  // Before the gate: a renewal at work sees it, and ends what it receives instead of saving it.
  putMark(place)
  let steps: SignedOutSteps | null = null
  let email: string | null = null
  let storeLabel = 'the store'
  const over = progress('Signing out', process.stderr, env)
  await runOnce(env, {
    actor: 'command',
    offline: flags.offline ?? false,
    ...(hasLeft ? { adjust: inForce => ofLeaving(inForce, sealedHere(place, env), leaving) } : {}),
    prepare: async run => {
      storeLabel = run.store?.label ?? storeLabel
      email = run.memory.verification?.identity?.email ?? null
      email ??= expectedEmail(config, run.memory, run.paths.clientConfig)
      const done = await signOut(run)
      // An unreachable server is not asked twice while the user waits.
      if (done.server === 'later' || done.server === 'failed')
        commit(run, { learned: { offline: true } })
      steps = done
    },
  }).finally(over)
  const done = stillOwed(place, steps as SignedOutSteps | null)
  if (done === null) throw new AuthError('internal', 'the log-out was not begun')
  const verdict = verdictOf(done)
  if (flags.json) {
    const { trouble, endsAtMs, ...states } = done
    const object = { schemaVersion: 1, verdict, because: 'signed-out', email, ...states }
    const words = trouble && troubleText(trouble)
    print([jsonText({ ...object, trouble: words, endsAt: endsAtMs })])
  } else {
    const facts = { ...done, email, storeLabel, nowMs: Date.now() }
    print(logoutLines(facts, await inkFor(env, process.stdout.isTTY === true)))
  }
  return exitCodes[verdict]
}

/**
 * Of a user who has left: with the copy on this machine alone, where there is one, whatever the configuration says of stores: it
 * may be older. The document in the store is the admin's to delete, and the user's token for it is cut.
 */
function ofLeaving(
  config: Config,
  sealed: readonly string[],
  { profile }: Leaving = { profile: config.profile },
): Config {
  const store = profile !== null && sealed.includes(profile) ? 'local' : 'none'
  return { ...config, mode: 'on', off: null, profile, store, alerts: silenced(config.alerts) }
}

function sealedHere({ person }: LoginContext, env: Env): string[] {
  return sealedNames(ownPaths(env, person.home).localStore)
}

/** What an earlier log-out could not end at the server was tried again by this run. */
function stillOwed(place: LoginContext, done: SignedOutSteps | null): SignedOutSteps | null {
  return done?.server === 'nothing' && hasOwed(place) ? { ...done, server: 'later' } : done
}

function putMark({ paths }: LoginContext): void {
  makePrivateFolder(paths.state)
  clearMarks(paths)
  // An earlier log-out is still in force, and its time tells since when.
  if (!existsSync(paths.signedOut)) atomicWrite(paths.signedOut, '', { nonce: freshNonce() })
}

function verdictOf({ server, file, store, account }: SignedOutSteps): Verdict {
  if (file === 'failed') return 'broken'
  const others = [server, store, account]
  return others.some(state => state === 'later' || state === 'failed') ? 'attention' : 'ok'
}

function print(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

type State = 'done' | 'nothing' | 'later' | 'failed'

export interface LogoutFacts {
  email: string | null
  server: State
  file: State
  store: State
  account: State
  /** `Store.label` of the store in use. */
  storeLabel: string
  /** Why something failed. */
  trouble: Trouble | null
  /** When a login that the server did not revoke expires. */
  endsAtMs: number | null
  nowMs: number
}

/** The lines, for stdout: what was done, what is left for later, what to type to come back. */
export function logoutLines(facts: LogoutFacts, ink: Ink): string[] {
  const states = [facts.server, facts.file, facts.store, facts.account]
  if (states.every(state => state === 'nothing'))
    return ['You were signed out already; nothing had to be changed.', comeBack]
  const whose = facts.email === null ? '' : ` ${cleanMiddle(facts.email, 60)}`
  const steps = [
    line('done', 'marked: nothing restores this login', ink),
    line(facts.server, serverWords(facts), ink),
    line(facts.file, fileWords(facts), ink),
    line(facts.store, storeWords(facts), ink),
    line(facts.account, accountWords(facts), ink),
  ]
  const isOut = facts.file !== 'failed'
  return [
    ...steps.filter(step => step !== null),
    isOut ? `Signed out${whose}. ${comeBack}` : 'Not signed out. Type: claude-auth logout',
  ]
}

const comeBack = 'To sign in again, type: claude-auth login'

function line(state: State, words: string, ink: Ink): string | null {
  if (state === 'nothing') return null
  if (state === 'done') return `${ink.good(ink.signs.good)} ${words}`
  return state === 'later'
    ? `${ink.care(ink.signs.care)} later: ${words}`
    : `${ink.bad(ink.signs.bad)} not done: ${words}`
}

function serverWords({ server, endsAtMs, nowMs }: LogoutFacts): string {
  if (server === 'done') return 'ended at the server'
  if (server === 'later') return 'the server gave no answer; a later run asks again'
  const end = endsAtMs === null ? '' : ` on ${dateWords(endsAtMs, nowMs)}`
  return `the server gave no answer; the login ends there by itself${end}`
}

function fileWords({ file, trouble }: LogoutFacts): string {
  return file === 'failed'
    ? `the login file could not be changed (${told(trouble)})`
    : 'removed from the login file; everything else in it stays'
}

function storeWords({ store, storeLabel }: LogoutFacts): string {
  if (store === 'done') return `removed from ${storeLabel}`
  return `${storeLabel} still holds it; a later run removes it`
}

function accountWords({ account, trouble }: LogoutFacts): string {
  return account === 'failed'
    ? `Claude's own record of the account stays (${told(trouble)})`
    : "Claude's own record of the account is removed"
}

function told(trouble: Trouble | null): string {
  return trouble === null ? '' : clean(troubleText(trouble), 300)
}
