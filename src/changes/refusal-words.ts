// The sentence that the pusher reads, a person or an agent: what is wrong, and the command that corrects it.

import { quoted } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import type { Commit } from './commits.js'
import { subjectOf } from './message.js'
import type { Refusal } from './rule.js'

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
}

/** One line, without `claude-auth:` before it. */
export function refusalSentence(refusal: Refusal, push: PushWords): string {
  const again = `git push origin HEAD:${quoted(push.branch)}`
  return `refused (${refusal.rule}): ${sentence(refusal, push, again)}${push.isAdmin ? '' : byRequest(push)}`
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
      return `commit ${named(commit)} ${does} ${files}${others(more)}; if the user wants exactly that, say so by a line "Deletes: ${deletes}" at the end of its message, else bring the files back: ${amend(commit, push)} && ${again}`
    }
    case 'no-reason': {
      const { commit, more } = refusal
      const where =
        push.reason === 'body'
          ? 'below its subject, after an empty line, say in a sentence why the user wants it'
          : `add the line "${push.reason}: " with the reason that the user gave`
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
