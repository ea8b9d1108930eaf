// `changes` in the configuration: the repositories whose changes are told and guarded.

import * as v from 'valibot'
import { count, matching, text } from './forms.js'

const named = /^[^\s-]\S*$/

const repository = v.strictObject(
  {
    name: matching(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name such as infra', 'The name in messages.'),
    repository: matching(
      named,
      'a repository such as /srv/infra.git',
      'The git repository: a folder of this machine, or an address that git can fetch.',
    ),
    branch: text(named, 'a branch such as master', 'The branch that is watched. Default: main.'),
    url: text(
      /^https?:\/\/\S+$/,
      'a web address with {sha} in it',
      'The page of a commit; {sha} is filled in.',
    ),
    reason: text(
      /^(?:body|[A-Za-z][A-Za-z0-9-]*)$/,
      'body, or the name of a trailer such as Why',
      'Where a commit says why: in its body, or in this trailer. Default: body.',
    ),
    maxDeleted: count(
      'How many files one commit may delete without a trailer that says so. Default: 25.',
    ),
    pusher: text(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'the name of a variable such as GL_USER',
      'The variable of the hook that names who pushes.',
    ),
  },
  'a map such as {name: infra, repository: /srv/infra.git}',
)

/** `changes` as written. */
export const changesSchema = v.optional(
  v.pipe(
    v.array(repository, 'a list of {name, repository, branch}'),
    v.description('Repositories whose changes by others than admins are told, with their reason.'),
  ),
)

type ChangesText = NonNullable<v.InferOutput<typeof changesSchema>>

/** One repository that is watched. */
export interface WatchedRepository {
  name: string
  repository: string
  branch: string
  /** The page of a commit, with `{sha}` in it. */
  url: string | null
  /** `body`, or the name of a trailer. */
  reason: string
  maxDeleted: number
  /** The variable of a hook that names who pushes; null: those that are known. */
  pusher: string | null
}

/** With every default. One whose name another has is left out, and `misfit` is told of it. */
export function resolveChanges(
  said: ChangesText,
  misfit: (path: (string | number)[], what: string) => void,
): WatchedRepository[] {
  const names = new Set<string>()
  return said.flatMap((each, at) => {
    const isTaken = names.has(each.name)
    if (isTaken) misfit(['changes', at, 'name'], 'expected a name that no other repository has')
    names.add(each.name)
    if (isTaken) return []
    return [
      {
        name: each.name,
        repository: each.repository,
        branch: each.branch ?? 'main',
        url: each.url ?? null,
        reason: each.reason ?? 'body',
        maxDeleted: each.maxDeleted ?? 25,
        pusher: each.pusher ?? null,
      },
    ]
  })
}
