// The guard of a repository (pre-receive): gathers what the rule has to know of a push, in few runs of git and with an end.

import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { WatchedRepository } from '../config/admin.js'
import { textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { AuthError, quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import {
  countFiles,
  deletedByMerges,
  type LoggedCommit,
  logArguments,
  readCommits,
  withRaw,
} from './commits.js'
import { type Git, gitIn, gitOutput } from './git.js'
import { type Pusher, pushOptions, type RefUpdate } from './push.js'
import { judgePush, refusalSentence } from './rule.js'

/** How long a push may be looked at, and how many commits of it. */
const limitMs = 10_000
const mostCommits = 1_000
/** Of a push that is refused for its length: how many commits a part of it has, and how long is looked for one. */
const slowPart = 100
const partMs = 2_000

/** `unread`: the roster's key for which they may be no admin, since it cannot be read. */
export interface PusherRights {
  pusher: Pusher
  isAdmin: boolean
  unread: string | null
}

/** What the guard works with. */
export interface GuardRun {
  env: Env
  cwd: string
  updates: readonly RefUpdate[]
  watched: readonly WatchedRepository[]
  /** Asked only when there is something to judge, for the entry that names the pusher's variable. */
  who: (watched: WatchedRepository) => Promise<PusherRights>
  /** Monotonic, in milliseconds. */
  clockMs: () => number
}

/**
 * The folder that git runs this hook in, links resolved; null: no hook of git's. A worktree has a folder of its own within the one
 * that has the branches: that one counts.
 */
export function hookRepository(env: Env, cwd: string): string | null {
  const folder = env['GIT_DIR'] || null
  if (folder === null) return null
  const place = resolve(cwd, folder)
  const common = textAt(join(place, 'commondir'), { maxBytes: 4096 })?.trim()
  return realPath(common ? resolve(place, common) : place)
}

/** The entries that are about `repository`. Only a folder of this machine can be told by its place. */
export function entriesOf(repository: string, watched: readonly WatchedRepository[]) {
  return watched.filter(each => placesOf(each).some(place => isSame(place, repository)))
}

/** One folder may be mounted at two places. */
function isSame(one: string, other: string): boolean {
  if (one === other) return true
  try {
    const [first, second] = [statSync(one), statSync(other)]
    return first.dev === second.dev && first.ino === second.ino
  } catch {
    return false
  }
}

/** Where an entry's repository, or a file that names its folder, can be. */
function candidatesOf({ repository }: WatchedRepository): string[] {
  const folder = repository.replace(/^file:\/\//, '')
  return folder.startsWith('/') ? [folder, join(folder, '.git'), `${folder}.git`] : []
}

/** The folders that an entry can mean, links resolved. */
function placesOf(watched: WatchedRepository): string[] {
  const places = candidatesOf(watched).map((path, _, [folder = '']) => {
    // A file in its place names where it is (gitrepository-layout(5)).
    const elsewhere = /^gitdir: (.*)$/m.exec(textAt(path, { maxBytes: 4096 }) ?? '')?.[1]
    return elsewhere === undefined ? path : resolve(folder, elsewhere)
  })
  return places.flatMap(path => realPath(path) ?? [])
}

/**
 * What is watched, as bin/guard.sh has it: `watch KIND BRANCH PLACE`, links not resolved, since they may lead elsewhere by the
 * next push. It knows only commits that say why in their body (`body`) and may delete a file. One kind for a branch of a place:
 * the stricter one.
 */
export function watchedLines(watched: readonly WatchedRepository[]): string[] {
  const kinds = new Map<string, 'body' | 'other'>()
  for (const each of watched)
    for (const place of candidatesOf(each)) {
      const key = `${each.branch} ${place}`
      const isBody = each.reason === 'body' && each.maxDeleted > 0 && kinds.get(key) !== 'other'
      kinds.set(key, isBody ? 'body' : 'other')
    }
  return [...kinds].map(([key, kind]) => `watch ${kind} ${key}`)
}

function realPath(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch {
    return null
  }
}

/** The sentences of what is refused; none: the push may go on. Throws `internal` where git fails. */
export async function guardPush(repository: string, run: GuardRun): Promise<string[]> {
  const git = gitIn(repository, run.env, 'hook')
  const endMs = run.clockMs() + limitMs
  let current: Part | null = null
  const leftMs = () => {
    const left = endMs - run.clockMs()
    if (left <= 0) throw tooLong(git, current)
    return left
  }
  const sentences: string[] = []
  for (const { update, entry } of judged(repository, git, run, leftMs)) {
    const branch = entry.branch
    current = { ...update, branch }
    const logged = commitsOf(git, current, leftMs())
    if (logged.length > mostCommits) {
      sentences.push(`${tooMany}: ${partCommand(git, current, mostCommits)}`)
      continue
    }
    const commits = withRaw(git, logged, leftMs())
    const push = { ...update, commits, options: pushOptions(run.env) }
    const judge = (isAdmin: boolean) =>
      judgePush(push, entry, isAdmin, {
        countFiles: commit => countFiles(git, commit, leftMs()),
        deletedByMerges: pairs => deletedByMerges(git, pairs, leftMs()),
      })
    // A push that every user may make needs no look at the roster.
    const ofAll = judge(false)
    if (ofAll.length === 0) continue
    const { pusher, isAdmin, unread } = await run.who(entry)
    const refusals = isAdmin ? judge(true) : ofAll
    const words = { ...update, branch, pusher: pusher.name, reason: entry.reason, isAdmin, unread }
    sentences.push(...refusals.map(refusal => refusalSentence(refusal, words)))
  }
  return [...new Set(sentences)]
}

/** What goes to a watched branch, by each entry about it: also where its name or that of the push leads to another on the server. */
function* judged(
  repository: string,
  git: Git,
  { updates, watched }: GuardRun,
  leftMs: () => number,
) {
  const named = new Set(watched.map(({ branch }) => `refs/heads/${branch}`))
  const isOther = ({ ref }: RefUpdate) => ref.startsWith('refs/') && !named.has(ref)
  if (!updates.some(isOther) && named.size < 2) {
    for (const update of updates)
      for (const entry of watched)
        if (`refs/heads/${entry.branch}` === update.ref) yield { update, entry }
    return
  }
  const ends = refEnds(git, leftMs())
  const watchedEnds = new Map(
    [...named].map(ref => [ref, ends.get(ref) ?? symbolicEnd(git, ref, leftMs())]),
  )
  // A link to what is not there yet is not listed; a push to it would make what it leads to.
  const isOneMissing = [...watchedEnds.values()].some(end => !ends.has(end))
  for (const update of updates) {
    const { ref, old } = update
    const isNew =
      isOneMissing && old === null && isOther(update) && !ends.has(ref) && mayLead(repository, ref)
    const end = isNew ? symbolicEnd(git, ref, leftMs()) : (ends.get(ref) ?? ref)
    for (const entry of watched)
      if (watchedEnds.get(`refs/heads/${entry.branch}`) === end) yield { update, entry }
  }
}

/** Can `ref` lead elsewhere, although it has no commit? A link is a file of its own, but in a reftable: a process each is too many. */
function mayLead(repository: string, ref: string): boolean {
  const isFile =
    lstatSync(join(repository, ref), { throwIfNoEntry: false })?.isDirectory() === false
  return isFile || existsSync(join(repository, 'reftable'))
}

/** Every reference that has a commit or another object, and the one that it leads to: itself, unless it is symbolic. */
function refEnds(git: Git, timeoutMs: number): Map<string, string> {
  const end = git(['for-each-ref', '--format=%(refname) %(symref)'], { timeoutMs })
  const lines = gitOutput(end, 'git for-each-ref').split('\n')
  return new Map(
    lines.flatMap(line => {
      const [ref = '', to = ''] = line.split(' ')
      return ref === '' ? [] : [[ref, to || ref] as const]
    }),
  )
}

/** Where `ref` leads, whether or not that exists. Throws `internal` where git does not say. */
function symbolicEnd(git: Git, ref: string, timeoutMs: number): string {
  const end = git(['symbolic-ref', '--quiet', ref], { timeoutMs })
  // As it says that this is none, or is not there.
  return end.code === 1 ? ref : gitOutput(end, 'git symbolic-ref').trim()
}

/** What is pushed to which branch. */
type Part = Pick<RefUpdate, 'old' | 'now'> & { branch: string }

function commitsOf(git: Git, part: Part, timeoutMs: number): LoggedCommit[] {
  const { old, now } = part
  if (now === null) return []
  const without = old === null ? [] : [old]
  const end = git(logArguments(now, without, mostCommits + 1), { timeoutMs })
  if (end.why === 'late') throw tooLong(git, part)
  if (end.why === 'too-much')
    throw new AuthError('usage', tooMany, { hint: partCommand(git, part, slowPart) })
  return readCommits(gitOutput(end, 'git log'))
}

const tooMany = `refused (too-large): more than ${mostCommits} commits at once cannot be looked at; push them in parts`

function tooLong(git: Git, part: Part | null): AuthError {
  const message = `refused (too-large): looking at this push took longer than ${limitMs / 1000} s; push it in parts`
  const hint = part === null ? 'git push origin BRANCH' : partCommand(git, part, slowPart)
  return new AuthError('usage', message, { hint })
}

/** What pushes the first part, or shows where parts could be made. */
function partCommand(git: Git, { old, now, branch }: Part, most: number): string {
  const id = now === null ? null : firstPart(git, { old, now }, most)
  if (id === null) return `git log --graph --oneline ${old === null ? now : `${old}..${now}`}`
  return `git push origin ${id}:${quoted(clean(`refs/heads/${branch}`, 100))}`
}

/**
 * The last commit of a part of at most `most` that the branch can go forward to, and of no more than half of all. Null: each brings
 * more with it, or git does not tell.
 */
function firstPart(
  git: Git,
  { old, now }: { old: string | null; now: string },
  most: number,
): string | null {
  const range = old === null ? [now] : [now, `^${old}`]
  const args = ['rev-list', '--parents', '--topo-order', '--reverse', ...range, '--']
  const { code, stdout } = git(args, { timeoutMs: partMs })
  const lines = code === 0 ? stdout.trimEnd().split('\n') : []
  const onward = new Set(old === null ? [] : [old])
  let last: string | null = null
  // What a commit comes from stands before it.
  for (const line of lines.slice(0, Math.min(most, Math.floor(lines.length / 2)))) {
    const [id = '', ...parents] = line.split(' ')
    if (old !== null && !parents.some(parent => onward.has(parent))) continue
    onward.add(id)
    last = id
  }
  return last
}
