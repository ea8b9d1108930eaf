// `rosterFrom` in the configuration: the committed file from which the roster of the machine is made.

import * as v from 'valibot'
import { matching, text } from './forms.js'

const named = /^[^\s-]\S*$/

/** `rosterFrom` as written. */
export const rosterFromSchema = v.optional(
  v.pipe(
    v.strictObject(
      {
        repository: matching(
          named,
          'a repository such as /srv/infra.git',
          'The git repository: a folder of this machine, or an address that git can fetch.',
        ),
        ref: text(
          named,
          'a ref such as origin/master',
          'The ref whose commit counts. Default: HEAD.',
        ),
        file: matching(
          /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\s/-]\S*$/,
          'a path inside the repository, such as scripts/roster.yaml',
          'The roster, relative to the repository.',
        ),
      },
      'a map such as {repository: /srv/infra.git, file: roster.yaml}',
    ),
    v.description('Where the roster is committed. Only what is committed counts.'),
  ),
)

type RosterFromText = NonNullable<v.InferOutput<typeof rosterFromSchema>>

export interface RosterFromConfig {
  repository: string
  ref: string
  file: string
}

/** Null where nothing is written. */
export function resolveRosterFrom(said: RosterFromText | undefined): RosterFromConfig | null {
  return said === undefined ? null : { ...said, ref: said.ref ?? 'HEAD' }
}
