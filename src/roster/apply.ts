// One apply, from the plan to the end: the steps, the journal, the messages, and last the record of the applied roster.

import { isDeepStrictEqual } from 'node:util'
import { sendNow } from '../alerts/delivery.js'
import type { ToldPerson } from '../alerts/memory.js'
import type { SinkRun } from '../alerts/sink.js'
import { appendAdminJournal } from '../offboard/admin-journal.js'
import type { UserProgram } from '../offboard/host-actions.js'
import { freshNonce } from '../system/write-file.js'
import { clean } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import { applySteps, type StepResult, withoutTerminal } from './act.js'
import { type EarlierRow, type Ending, withTheSite } from './differences.js'
import {
  appendPending,
  isSame,
  nextApplied,
  type Pending,
  type PendingUser,
  writeApplied,
  writePending,
} from './memory.js'
import type { Prepared, RosterRun } from './prepare.js'
import { reasons } from './reasons.js'

export interface ApplyRun extends RosterRun {
  network: SinkRun['network']
  /** `ada as root@ws1`, for the journal and the messages. */
  by: string
  /** How to start claude-auth as a user. */
  program: UserProgram
  /** Only this user; null: all. */
  only: string | null
  /** Shows a wrapped token to a person, once; null: there is no terminal. */
  handOver: ((user: string, wrapping: string) => void) | null
  /** Called with each step as it ends. */
  onStep: (result: StepResult) => void
}

export type ToldEnd = { kind: 'sent' | 'nobody' | 'nothing' } | { kind: 'failed'; why: string }

/** The result of an apply. */
export interface AppliedEnd {
  /** In the order of the plan, except that steps that need a terminal come last. */
  results: StepResult[]
  told: ToldEnd
}

/** Executes the plan. Throws if something can't be journaled or saved: that step is not begun. */
export async function applyRoster(prepared: Prepared, run: ApplyRun): Promise<AppliedEnd> {
  const { steps, commit, found, vault, pending, text } = prepared
  const { person, config, places, now, handOver } = run
  const whyOf = await reasons(prepared)
  const write = (deed: { user: string | null; step: string; result: string }) =>
    writeDeed(deed, whyOf(deed.user), run)
  // What can't be journaled is not begun.
  if (steps.some(({ name }) => name !== 'ask')) {
    write({ user: null, step: 'apply', result: `begun: ${commit.sha}` })
    keepBegun(prepared, run)
  }

  const doable = handOver === null ? withoutTerminal(steps) : steps
  const ended = await applySteps(doable, found, pending, {
    vault,
    host: person.host,
    by: run.by,
    whyOf,
    now,
    recordFolder: config.fleet.folder,
    program: run.program,
    roster: places.roster === null ? null : { path: places.roster, text },
    handOver,
    keep: (user, entry) => appendPending(places.pending, user, entry),
    onStep: result => {
      if (result.name !== 'ask' && result.state !== 'to-do')
        write({ user: result.user, step: result.name, result: resultWord(result) })
      run.onStep(result)
    },
  })
  const begun = new Set(doable)
  const unshown = steps
    .filter(step => !begun.has(step))
    .map((step): StepResult => ({ ...step, ...needsTerminal, state: 'left' }))
  for (const result of unshown) run.onStep(result)
  const results = [...ended.results, ...unshown]

  const active = new Set(prepared.differences.active.map(({ user }) => user))
  const due = dueToTell(ended.pending, { results, active, only: run.only })
  const told = await tellPeople(due, ended.pending, run)
  if (!isDeepStrictEqual(told.pending, pending) || ended.pending !== pending)
    writePending(places.pending, told.pending)
  keepEnded(prepared, results, run)
  return { results, told: told.end }
}

const needsTerminal = {
  trouble: 'a token is shown at a terminal only',
  command: 'sudo claude-auth roster apply',
}

function writeDeed(
  { user, step, result }: { user: string | null; step: string; result: string },
  why: string,
  { by, now, places }: ApplyRun,
): void {
  const about = user === null ? {} : { user }
  const at = new Date(now()).toISOString()
  appendAdminJournal(
    { at, who: by, command: 'roster apply', ...about, step, why, result },
    places.journal,
  )
}

function resultWord({ state, trouble }: StepResult): string {
  return trouble === null ? state : `failed: ${trouble}`
}

/** A message that was not delivered is sent again by the next apply, to the sinks that do not have it. */
async function tellPeople(
  { messages, rest }: DueToTell,
  before: Pending,
  run: ApplyRun,
): Promise<{ end: ToldEnd; pending: Pending }> {
  const { person, config, env, network, now, by } = run
  const context = { user: person.user, host: person.host, email: null, runbook: null }
  let end: ToldEnd = { kind: 'nothing' }
  const pending = new Map(Object.entries(rest))
  for (const { people, sentTo } of messages) {
    const [first, ...more] = people
    if (first === undefined) continue
    const told = await sendNow(
      { config, person, env, network, context },
      {
        kind: 'people',
        id: `people-${freshNonce()}`,
        atMs: now(),
        sinceMs: now(),
        sentTo: [...sentTo],
        only: null,
        told: { by, people: [first, ...more] },
      },
    )
    if (told.kind === 'failed') {
      end = { kind: 'failed', why: clean(troubleText(told.trouble), 300) }
      for (const { user } of people) {
        const entry = before[user]
        if (entry) pending.set(user, { ...entry, sentTo: told.sentTo })
      }
    } else if (end.kind !== 'failed') end = { kind: told.kind }
  }
  return { end, pending: Object.fromEntries(pending) }
}

/** Who comes is in it before anything is made for them, so that they are missed when their row vanishes, whatever ends this run. */
function keepBegun({ rows, applied }: Prepared, { now, places, only }: ApplyRun): void {
  const before = applied?.users ?? []
  const users = begunApplied(before, rows, { nowMs: now(), only })
  if (isSame(users, before)) return
  const appliedAt = applied?.appliedAt ?? new Date(now()).toISOString()
  writeApplied(places.applied, { commit: applied?.commit ?? '', appliedAt, users })
}

/** As `nextApplied`, before the first step: who goes keeps the earlier row, so that a run that is killed finds the same removals again. */
export function begunApplied(
  before: readonly EarlierRow[],
  committed: readonly EarlierRow[],
  { nowMs, only }: { nowMs: number; only: string | null },
): EarlierRow[] {
  const staying = new Set(withTheSite(committed, nowMs).map(({ user }) => user))
  const open = new Set(before.flatMap(({ user }) => (staying.has(user) ? [] : user)))
  return nextApplied(before, committed, { open, only })
}

/** Last of all, without those who went. */
function keepEnded(
  { rows, commit, applied, found }: Prepared,
  results: readonly StepResult[],
  { now, places, only }: ApplyRun,
): void {
  const before = applied?.users ?? []
  const users = nextApplied(before, rows, { open: openEndings(found.facts.ending, results), only })
  if (applied !== null && applied.commit === commit.sha && isSame(users, before)) return
  const appliedAt = new Date(now()).toISOString()
  writeApplied(places.applied, { commit: commit.sha, appliedAt, users })
}

/**
 * The users who go and are not done with. Whose row vanished is known from the applied roster alone, so all that is left keeps
 * them; a listed one is kept for a cut that failed.
 */
export function openEndings(
  ending: readonly Pick<Ending, 'user' | 'because'>[],
  results: readonly StepResult[],
): Set<string> {
  const left = results.filter(({ state }) => state !== 'done')
  const unfinished = new Set(left.map(({ user }) => user))
  const uncut = new Set(left.flatMap(({ name, user }) => (name === 'cut' ? user : [])))
  return new Set(
    ending.flatMap(({ user, because }) =>
      (because === 'left' ? uncut : unfinished).has(user) ? user : [],
    ),
  )
}

/** The users about whom an earlier run's message waits for nothing but the next apply, in the order in which they were begun. */
export function untoldUsers(
  { pending, steps, differences }: Pick<Prepared, 'pending' | 'steps' | 'differences'>,
  only: string | null,
): string[] {
  const results = steps.map((step): StepResult => ({ ...step, state: 'to-do', trouble: null }))
  const active = new Set(differences.active.map(({ user }) => user))
  const { messages } = dueToTell(pending, { results, active, only })
  return messages.flatMap(({ people }) => people.map(({ user }) => user))
}

export interface PeopleMessage {
  people: readonly ToldPerson[]
  sentTo: readonly string[]
}

export interface DueToTell {
  /** The users whose steps are all done, in this run or an earlier one; one message for each set of sinks that already have it. */
  messages: readonly PeopleMessage[]
  /** What stays pending. */
  rest: Pending
}

/**
 * `active`: the users who are to have a login; `only`: the one user that the run was about. Stale is a user who was added and
 * is listed no more, or the other way round: there is nothing to tell, and what is known of a token is kept.
 */
export function dueToTell(
  pending: Pending,
  {
    results,
    active,
    only,
  }: { results: readonly StepResult[]; active: ReadonlySet<string>; only: string | null },
): DueToTell {
  const unfinished = new Set(
    results.flatMap(({ user, state, name }) => (state === 'done' || name === 'ask' ? [] : user)),
  )
  const all = Object.entries(pending)
  const isFresh = ([user, { what }]: Entry) => (what === 'added') === active.has(user)
  const isDue = (entry: Entry) =>
    isFresh(entry) && (only === null || only === entry[0]) && !unfinished.has(entry[0])
  const isKept = (entry: Entry) => (isFresh(entry) ? !isDue(entry) : hasToken(entry))
  return {
    messages: messagesOf(all.filter(isDue)),
    rest: Object.fromEntries(all.filter(isKept)),
  }
}

type Entry = [string, PendingUser]

/** Who rests for a while may have a token that is not noted. */
function hasToken([, { what, token, mintingSinceMs }]: Entry): boolean {
  return what === 'added' && (token !== null || mintingSinceMs !== null)
}

function messagesOf(due: readonly Entry[]): PeopleMessage[] {
  const messages = new Map<string, { people: ToldPerson[]; sentTo: readonly string[] }>()
  for (const [user, { what, why, sentTo }] of due) {
    const key = [...sentTo].sort().join()
    const message = messages.get(key) ?? { people: [], sentTo }
    message.people.push({ user, what, why })
    messages.set(key, message)
  }
  return [...messages.values()]
}
