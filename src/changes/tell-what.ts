// What of a branch's new commits is told: all but what an admin is known to have pushed. Pure but for what it asks of git.

import type { ToldChange, ToldChanges } from '../alerts/memory.js'
import type { WatchedRepository } from '../config/admin.js'
import { ancestorsOf, type Change, type Commit, changesOf } from './commits.js'
import { reasonOf, subjectOf } from './message.js'
import { type AskGit, ciSkipOf, isSilent, massDeletes } from './rule.js'
import type { Push } from './told.js'

/** Of a merge of very many commits. */
const mostReasons = 100

export interface NewCommits {
  mark: string
  /** Null: the branch is gone. */
  tip: string | null
  /** All that `tip` has and `mark` has not, children first. */
  commits: readonly Commit[]
  /** `tip` comes from `mark`. */
  isGrown: boolean
  pushes: readonly Push[]
}

/** What is known of names, by the roster. */
export interface Rights {
  isAdmin: (pusher: string) => boolean
  /** Are the two one person, as far as anybody knows? */
  isSame: (pusher: string, author: { name: string; email: string }) => boolean
}

/**
 * The message, or null where nothing is to be told. A commit is an admin's only if a hook has reported its push as theirs:
 * author and committer are words that anybody can write. A merge is one change, with the marks of all that came with it.
 */
export function tellWhat(
  { name, branch, url, reason, maxDeleted }: WatchedRepository,
  { mark, tip, commits, isGrown, pushes }: NewCommits,
  { isAdmin, isSame }: Rights,
  ask: AskGit,
): ToldChanges | null {
  const ranges = pushes.map(push => ({ push, has: range(push, commits) }))
  const pusherOf = ({ id }: Commit) => ranges.find(({ has }) => has.has(id))?.push.pusher ?? null
  const deleting = new Map(
    massDeletes({ old: isGrown ? mark : null, commits }, maxDeleted, ask).map(
      ({ commit, deletes }) => [commit.id, deletes],
    ),
  )
  const toldChange = ({ commit, all }: Change): ToldChange => {
    const pusher = pusherOf(commit)
    const { author, authorEmail } = commit
    const isOther = pusher !== null && !isSame(pusher, { name: author, email: authorEmail })
    const reasons = [commit, ...all.filter(each => each !== commit).reverse()].flatMap(
      each => reasonOf(each.message, reason) ?? [],
    )
    const files = Math.max(0, ...all.map(({ id }) => deleting.get(id) ?? 0))
    const isUnsaid = all.some(each => isSilent(each, reason))
    return {
      commit: commit.id,
      what: subjectOf(commit.message),
      whys: [...new Set(reasons)].slice(0, mostReasons),
      who: pusher ?? author,
      isPusherKnown: pusher !== null,
      as: isOther ? author : null,
      url: url === null ? null : url.replaceAll('{sha}', commit.id),
      marks: [
        ...(all.some(each => ciSkipOf(each) !== null) ? [{ kind: 'skips-ci' as const }] : []),
        ...(files > 0 ? [{ kind: 'mass-delete' as const, files }] : []),
        ...(isUnsaid ? [{ kind: 'no-reason' as const }] : []),
      ],
    }
  }
  const isTold = ({ commit }: Change) => {
    const pusher = pusherOf(commit)
    return pusher === null || !isAdmin(pusher)
  }
  const changes = tip === null ? [] : changesOf(tip, commits).filter(isTold).map(toldChange)
  // One push that an admin made, from what was told to what is there.
  const isAdmins = pushes.some(
    ({ old, now, pusher }) => old === mark && now === tip && isAdmin(pusher),
  )
  const isHistoryTold = !isGrown && !isAdmins
  if (changes.length === 0 && !isHistoryTold) return null
  const history = !isHistoryTold ? 'grown' : tip === null ? 'deleted' : 'rewritten'
  return { repository: name, branch, changes, history, before: mark, tip }
}

/** The commits that came with one push. */
function range({ old, now }: Push, commits: readonly Commit[]): ReadonlySet<string> {
  if (now === null) return new Set()
  const before = old === null ? new Set<string>() : ancestorsOf(old, commits)
  return new Set([...ancestorsOf(now, commits)].filter(id => !before.has(id)))
}
