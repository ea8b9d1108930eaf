// A trouble in the words that a person reads: `what` in the place of the value, for patterns.

import { isObject } from '../../src/system/json.js'
import type { Trouble } from '../../src/system/trouble.js'
import { troubleText } from '../../src/text/trouble.js'

/** `found` with the text of its trouble as `what`, and of what is damaged; anything else as it is. */
export function told(found: unknown): unknown {
  if (!isObject(found)) return found
  const { trouble, damaged, ...rest } = found
  return {
    ...rest,
    ...(trouble ? { what: troubleText(trouble as Trouble) } : {}),
    ...(damaged ? { damaged: troubleText(damaged as Trouble) } : {}),
  }
}

/** The words of a trouble of a store or session; empty: there is none. */
export function whatOf(found: unknown): string {
  const { what = '' } = told(found) as { what?: string }
  return what
}
