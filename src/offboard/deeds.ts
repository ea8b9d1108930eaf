// What the journal says was done about a user from this machine, and not taken back since. Pure.

import type { AdminDeed } from './admin-journal.js'

/** As a journal names the way back. */
const backCommand = 'offboard undo'

/** Done from here, and not taken back since. */
export function wasDone(deeds: readonly AdminDeed[], step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last !== undefined && last.command !== backCommand && !isBeforeBack(deeds, last)
}

export function isDoneBack(deeds: readonly AdminDeed[], step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last === undefined || last.command === backCommand
}

/** An account that was cut anew has to be signed out anew. */
function isBeforeBack(deeds: readonly AdminDeed[], deed: AdminDeed): boolean {
  if (deed.step.startsWith('site:')) return false
  const back = deeds.findLastIndex(each => each.command === backCommand)
  return deeds.indexOf(deed) < back
}
