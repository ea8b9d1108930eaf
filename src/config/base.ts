// `base` in the configuration: the folder of skills, rules, agents and commands that all users share.

import type * as v from 'valibot'
import { count, map, path } from './forms.js'
import type { Resolving } from './resolving.js'

/** `base` as written. */
export const baseSchema = map(
  {
    folder: path('The shared base, as new users link it.'),
    maxDelete: count('How many files one update may delete. Default: 25.'),
  },
  'The skills, rules, agents and commands that all users share.',
)

type BaseText = NonNullable<v.InferOutput<typeof baseSchema>>

export interface BaseConfig {
  folder: string | null
  maxDelete: number
}

/** What does not fit goes to `to.misfit`. */
export function resolveBase(said: BaseText, to: Resolving): BaseConfig {
  return { folder: to.file(['base', 'folder'], said.folder), maxDelete: said.maxDelete ?? 25 }
}
