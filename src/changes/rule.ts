// The rule: what a push to a watched branch must keep, and the sentence in which it is refused. Pure.

import { quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { type Commit, descendantsOf, isReadable } from './commits.js'
import { ciSkipIn, ciSkipOption, deletesSaid, reasonOf, subjectOf } from './message.js'

/** What is wrong with a push; `commit` is the first one that does it, `more` how many others do. */
export type Refusal =
  | { rule: 'rewrites'; kind: 'deleted' | 'not-a-descendant' }
  | { rule: 'mass-delete'; commit: Commit; deletes: number; of: number | null; more: number }
  | { rule: 'no-reason'; commit: Commit; more: number }
  | { rule: 'skips-ci'; commit: Commit | null; words: string; more: number }

/** One branch as it is to be. */
export interface BranchPush {
  /** Null: the branch is new, or is to be deleted. */
  old: string | null
  now: string | null
  /** All that `now` has and `old` has not, children first. */
  commits: readonly Commit[]
  options: readonly string[]
}

export interface GuardRules {
  /** `body`, or the name of a trailer. */
  reason: string
  maxDeleted: number
}

/** Facts that cost a git of their own. */
export interface AskGit {
  /** How many files a commit has. */
  countFiles: (commit: string) => number
  /** For each merge: files that one of the given parents has and it has not. */
  deletedByMerges: (pairs: readonly (readonly [string, string])[]) => Map<string, string[]>
}

/**
 * The refusals, each rule once. History only grows, and a commit deletes many files only if its message says how many: that
 * holds for everyone. A user who is not an admin must also say why, in each commit that is not a merge, and let CI run.
 */
export function judgePush(
  push: BranchPush,
  { reason, maxDeleted }: GuardRules,
  isAdmin: boolean,
  ask: AskGit,
): Refusal[] {
  if (push.now === null) return [{ rule: 'rewrites', kind: 'deleted' }]
  if (!buildsOn(push)) return [{ rule: 'rewrites', kind: 'not-a-descendant' }]
  // The oldest first: that is the one to begin with.
  const commits = [...push.commits].reverse()
  const refusals: Refusal[] = []
  const deleting = massDeletes(push, maxDeleted, ask).filter(
    ({ commit, deletes }) => deletesSaid(commit.message) !== deletes,
  )
  const [first] = deleting
  if (first !== undefined)
    refusals.push({ rule: 'mass-delete', ...first, more: deleting.length - 1 })
  if (isAdmin) return refusals
  const silent = commits.filter(commit => isSilent(commit, reason))
  const [unsaid] = silent
  if (unsaid !== undefined)
    refusals.push({ rule: 'no-reason', commit: unsaid, more: silent.length - 1 })
  const skipping = commits.filter(commit => ciSkipOf(commit) !== null)
  const [skips = null] = skipping
  const words = skips === null ? ciSkipOption(push.options) : ciSkipOf(skips)
  if (words !== null)
    refusals.push({
      rule: 'skips-ci',
      commit: skips,
      words,
      more: Math.max(0, skipping.length - 1),
    })
  return refusals
}

/** Does a commit that is no merge not say why, or in letters that not everybody reads? */
export function isSilent({ parents, message, raw }: Commit, reason: string): boolean {
  return parents.length < 2 && (!isReadable(raw) || reasonOf(message, reason) === null)
}

/** The words by which a commit keeps CI away, in what is shown of its message or in what is stored; null: none. */
export function ciSkipOf({ message, raw }: Commit): string | null {
  return ciSkipIn(message) ?? ciSkipIn(raw.text)
}

/** Is `now` the old commit, or does it come from it? */
function buildsOn({ old, now, commits }: Pick<BranchPush, 'old' | 'now' | 'commits'>) {
  return old === null || now === old || (now !== null && descendantsOf(old, commits).has(now))
}

/** A commit that deletes many files. */
export interface MassDelete {
  commit: Commit
  deletes: number
  /** The files that were there; null: not asked for. */
  of: number | null
}

/** Those that delete or empty more than `maxDeleted` files, or half of all (one file alone is never many), oldest first. */
export function massDeletes(
  push: Pick<BranchPush, 'old' | 'commits'>,
  maxDeleted: number,
  ask: AskGit,
): MassDelete[] {
  const sizeOf = sizes(push.commits, ask)
  const merged = deletedWhileMerging(push, ask)
  return [...push.commits].reverse().flatMap((commit): MassDelete[] => {
    const deletes = merged.get(commit.id)?.length ?? commit.deleted.length + commit.emptied.length
    if (deletes === 0) return []
    if (deletes > maxDeleted) return [{ commit, deletes, of: null }]
    const [parent] = commit.parents
    const of = deletes < 2 || parent === undefined ? null : sizeOf(parent)
    return of !== null && deletes * 2 >= of ? [{ commit, deletes, of }] : []
  })
}

/** The number of files of a commit: counted once, then carried along. */
function sizes(commits: readonly Commit[], { countFiles }: AskGit): (id: string) => number {
  const known = new Map<string, number>()
  const pushed = new Map(commits.map(commit => [commit.id, commit]))
  return wanted => {
    const way: Commit[] = []
    let id: string | undefined = wanted
    let size: number | undefined
    for (;;) {
      size = id === undefined ? 0 : known.get(id)
      const commit: Commit | undefined = id === undefined ? undefined : pushed.get(id)
      if (size !== undefined) break
      // What a merge has is not told by what it adds.
      if (commit === undefined || commit.parents.length > 1) {
        size = countFiles(id as string)
        known.set(id as string, size)
        break
      }
      way.unshift(commit)
      id = commit.parents[0]
    }
    for (const commit of way) {
      size += commit.added - commit.deleted.length
      known.set(commit.id, size)
    }
    return size
  }
}

/**
 * What merges themselves take away from the branch as it was: files that are gone although no commit of this push deleted
 * them. Only the side that comes from the old commit counts; what the other side never had was not deleted there.
 */
function deletedWhileMerging(
  { old, commits }: Pick<BranchPush, 'old' | 'commits'>,
  ask: AskGit,
): Map<string, string[]> {
  if (old === null) return new Map()
  const mainline = descendantsOf(old, commits)
  const pairs = commits
    .filter(({ parents }) => parents.length > 1)
    .flatMap(({ id, parents }) =>
      parents.filter(parent => mainline.has(parent)).map(parent => [id, parent] as const),
    )
  const told = new Set(commits.flatMap(({ deleted, emptied }) => [...deleted, ...emptied]))
  return new Map(
    [...ask.deletedByMerges(pairs)].map(([merge, files]) => [
      merge,
      [...new Set(files)].filter(file => !told.has(file)),
    ]),
  )
}

export interface PushWords {
  branch: string
  /** Null: not known. */
  pusher: string | null
  /** The commit that was pushed, and the one that the branch has. */
  now: string | null
  old: string | null
  /** `body`, or the name of a trailer. */
  reason: string
  isAdmin: boolean
  /** The roster's key for which they may be no admin, since it cannot be read; null: none. */
  unread: string | null
}

/** One line, without `claude-auth:` before it. */
export function refusalSentence(refusal: Refusal, push: PushWords): string {
  const again = `git push origin HEAD:${quoted(push.branch)}`
  return `refused (${refusal.rule}): ${sentence(refusal, push, again)}${push.isAdmin ? '' : byRequest(push)}${unreadRow(push)}`
}

function sentence(refusal: Refusal, push: PushWords, again: string): string {
  const branch = clean(push.branch, 80)
  switch (refusal.rule) {
    case 'rewrites':
      return refusal.kind === 'deleted'
        ? `${branch} is never deleted; leave it as it is`
        : `${branch} only grows, and this push would drop commits of it; put your commits on top of it, then push without force: git fetch origin && git rebase origin/${quoted(push.branch)} && ${again}`
    case 'mass-delete': {
      const { commit, deletes, of, more } = refusal
      const does = commit.emptied.length > 0 ? 'deletes or empties' : 'deletes'
      const files = of === null ? `${deletes} files` : `${deletes} of ${of} files`
      return `commit ${named(commit)} ${does} ${files}${others(more)}; if the user wants exactly that, say so by a line "Deletes: ${deletes}" at the end of its message, after an empty line, else bring the files back: ${amend(commit, push)} && ${again}`
    }
    case 'no-reason': {
      const { commit, more } = refusal
      const where =
        push.reason === 'body'
          ? 'below its subject, after an empty line, say in a sentence why the user wants it'
          : `at the end of its message, after an empty line, add the line "${push.reason}: " with the reason that the user gave`
      return `commit ${named(commit)} does not say why${others(more)}; ${where}: ${amend(commit, push)} && ${again}`
    }
    case 'skips-ci': {
      const { commit, words, more } = refusal
      const what = clean(words, 40)
      if (commit === null)
        return `the push option "${what}" would keep CI away; push without it: ${again}`
      return `commit ${named(commit)} would keep CI away by "${what}"${others(more)}; take these words out of its message: ${amend(commit, push)} && ${again}`
    }
  }
}

/** How a user who may not push this asks for a review. */
function byRequest({ pusher }: PushWords): string {
  const user =
    (pusher ?? '').replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '') || 'me'
  return `; or ask for a review: git push origin HEAD:refs/heads/${user}/topic, and open a pull request`
}

/** An admin whose push was free until their row got a mistake would look for it in the push. */
function unreadRow({ unread }: PushWords): string {
  return unread === null
    ? ''
    : `; this pusher is no admin while ${clean(unread, 120)} of the roster cannot be read`
}

/** How the message of `commit` is changed before it is pushed again. */
function amend(commit: Commit, { now, old }: PushWords): string {
  if (commit.id === now) return 'git commit --amend'
  return old === null ? 'git rebase -i --root' : `git rebase -i ${old.slice(0, 12)}`
}

function named({ id, message }: Commit): string {
  return `${id.slice(0, 12)} “${clean(subjectOf(message), 60)}”`
}

function others(more: number): string {
  if (more === 0) return ''
  return more === 1 ? ', and so does one more' : `, and so do ${more} more`
}
