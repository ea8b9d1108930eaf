// Does this version have the command that a row is about? Else the row says so.

import type { Place } from './place.js'

export const absent = 'not in this version'

/** Asks the program itself: an unknown command, or an unknown option of one, is a usage error. */
export async function hasCommand(place: Place, ...args: string[]): Promise<boolean> {
  const { stderr } = await place.run(place.program, args)
  return !/there is no command|[Uu]nknown option/.test(stderr)
}
