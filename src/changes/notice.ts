// One look at a watched branch: what is new since the mark, the message about it, and the mark behind it once it was taken.

import { sendNow } from '../alerts/delivery.js'
import type { AlertMessage } from '../alerts/memory.js'
import type { SinkRun } from '../alerts/sink.js'
import type { WatchedRepository } from '../config/admin.js'
import type { Trouble } from '../system/trouble.js'
import { countFiles, deletedByMerges, logArguments, readCommits, withRaw } from './commits.js'
import { type Git, gitOutput } from './git.js'
import type { AskGit } from './rule.js'
import { type Rights, tellWhat } from './tell-what.js'
import {
  type Clone,
  commitAt,
  enterClone,
  fetchTip,
  keepMark,
  moveMark,
  type Push,
  readState,
  seenCommit,
  type ToldState,
  toldMark,
  writeState,
} from './told.js'

/** More are not looked at one by one; what is older than these is told as a number. */
const mostCommits = 5_000
const mostPushes = 1_000
const gitMs = 60_000

export type Noticed =
  /** The first look: from here on it is told. */
  | { kind: 'begun'; tip: string }
  /** There is no such branch. */
  | { kind: 'absent' }
  /** Nothing new, or only what admins pushed. */
  | { kind: 'nothing' }
  | { kind: 'told'; changes: number }
  /** The mark stays: a later look tells it. */
  | { kind: 'undelivered'; trouble: Trouble }
  | { kind: 'nobody' }

export interface NoticeRun {
  /** Where the clones are. */
  folder: string
  sinks: SinkRun
  rights: Rights
  now: () => number
  nonce: () => string
  /** What a hook reports; `updates` null: all that was not seen before is this pusher's. */
  pushed: { pusher: string; updates: readonly Omit<Push, 'pusher'>[] | null } | null
}

/** Looks once. Throws `internal` where the repository gives no answer, `gate-busy`, `write-failed`. */
export async function noticeChanges(entry: WatchedRepository, run: NoticeRun): Promise<Noticed> {
  const clone = enterClone(entry, run.folder, run.sinks.env)
  try {
    const seen = seenCommit(clone)
    const state = keepMark(clone, readState(clone))
    if (run.pushed?.updates) note(clone, state, run.pushed.pusher, run.pushed.updates)
    const tip = fetchTip(clone, entry.repository)
    if (run.pushed !== null && run.pushed.updates === null && tip !== seen)
      note(clone, state, run.pushed.pusher, [{ old: seen, now: tip }])
    return await tellUpTo(entry, run, clone, state, tip)
  } finally {
    clone.gate.leave()
  }
}

/** Before anything else: the pusher of a push that is not noted is unknown, and the push is told. */
function note(
  clone: Clone,
  state: ToldState,
  pusher: string,
  updates: readonly Omit<Push, 'pusher'>[],
): void {
  state.pushes.push(...updates.map(({ old, now }) => ({ old, now, pusher })))
  state.pushes.splice(0, Math.max(0, state.pushes.length - mostPushes))
  writeState(clone, state)
}

async function tellUpTo(
  entry: WatchedRepository,
  run: NoticeRun,
  clone: Clone,
  state: ToldState,
  tip: string | null,
): Promise<Noticed> {
  const mark = toldMark(clone, state)
  if (mark === null) {
    if (tip === null) return { kind: 'absent' }
    moveMark(clone, { ...state, pushes: [], pending: null }, tip)
    return { kind: 'begun', tip }
  }
  if (tip === null && state.isGoneTold) return { kind: 'absent' }
  const isPending = state.pending !== null && isThere(clone.git, state.pending.tip)
  const end = isPending
    ? (state.pending?.tip ?? null)
    : reportedTip(clone.git, mark, tip, run.pushed?.updates ?? null)
  if (end === mark) {
    if (state.isGoneTold) writeState(clone, { ...state, isGoneTold: false })
    return { kind: 'nothing' }
  }
  const told = tellWhat(
    entry,
    { ...facts(clone.git, mark, end), pushes: state.pushes },
    run.rights,
    ask(clone.git),
  )
  let changes = 0
  if (told !== null) {
    const atMs = run.now()
    const sentTo = isPending ? (state.pending?.sentTo ?? []) : []
    const id = `changes-${run.nonce()}`
    const message: AlertMessage = {
      kind: 'changes',
      id,
      atMs,
      sinceMs: atMs,
      only: null,
      sentTo,
      told,
    }
    const sent = await sendNow(run.sinks, message)
    if (sent.kind === 'nobody') return { kind: 'nobody' }
    if (sent.kind === 'failed') {
      if (sent.sentTo.length > 0)
        writeState(clone, { ...state, pending: { tip: end, sentTo: sent.sentTo } })
      return { kind: 'undelivered', trouble: sent.trouble }
    }
    changes = told.changes.length
  }
  let after: ToldState = { ...state, pending: null, isGoneTold: end === null }
  if (end === null) writeState(clone, after)
  else {
    const isOpen = ({ now }: Push) => now !== null && !isAncestor(clone.git, now, end)
    after = moveMark(clone, { ...after, pushes: state.pushes.filter(isOpen) }, end)
  }
  // What came behind a message that only some had taken.
  const more: Noticed =
    end === tip ? { kind: 'nothing' } : await tellUpTo(entry, run, clone, after, tip)
  if (more.kind !== 'nothing')
    return more.kind === 'told' ? { kind: 'told', changes: changes + more.changes } : more
  return told === null ? { kind: 'nothing' } : { kind: 'told', changes }
}

/**
 * How far a look of a hook goes: to what its push has made, where the branch has more by now. Who pushed that, the hook of that push
 * is about to say.
 */
function reportedTip(
  git: Git,
  mark: string,
  tip: string | null,
  updates: readonly Omit<Push, 'pusher'>[] | null,
): string | null {
  if (tip === null || updates === null) return tip
  const own = updates.flatMap(({ now }) => now ?? []).filter(now => isAncestor(git, now, tip))
  const newest = own.at(-1)
  if (newest === undefined) return tip
  const isTold = isAncestor(git, newest, mark) && isAncestor(git, mark, tip)
  return isTold ? mark : newest
}

function facts(git: Git, mark: string, tip: string | null) {
  // A clone that was made anew has nothing of a history that is gone.
  if (tip === null || !isThere(git, mark)) return { mark, tip, commits: [], isGrown: false }
  const log = git(logArguments(tip, [mark], mostCommits), { timeoutMs: gitMs })
  const commits = withRaw(git, readCommits(gitOutput(log, 'git log')), gitMs)
  return { mark, tip, commits, isGrown: isAncestor(git, mark, tip) }
}

/** Has the clone the commit? Of a branch that is gone there is none to have. */
function isThere(git: Git, commit: string | null): boolean {
  return commit === null || commitAt(git, commit) !== null
}

function isAncestor(git: Git, one: string, other: string): boolean {
  return git(['merge-base', '--is-ancestor', one, other], { timeoutMs: gitMs }).code === 0
}

function ask(git: Git): AskGit {
  return {
    countFiles: commit => countFiles(git, commit, gitMs),
    deletedByMerges: pairs => deletedByMerges(git, pairs, gitMs),
  }
}
