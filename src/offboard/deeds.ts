// What the journal says was done about a user from this machine, and not taken back since. Pure.

import type { AdminDeed } from './admin-journal.js'

/** The step that a stage begins with, before any other. */
export const begin = 'begin'
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

/** Taken back since the last cut, by us or by a person. */
export function wasTakenBack(deeds: readonly AdminDeed[], step: string): boolean {
  const back = deeds.findLastIndex(
    each => each.step === step && each.result === 'done' && each.command === backCommand,
  )
  return back > deeds.findLastIndex(beganCut)
}

/** Was a cut begun from here? A step that was only ticked off begins none. */
export function wasCutFromHere(deeds: readonly AdminDeed[]): boolean {
  return deeds.some(beganCut)
}

/** `roster apply` cuts in one step. */
export function beganCut({ step, command }: AdminDeed): boolean {
  return (
    (step === begin && command === 'offboard cut') || (step === 'cut' && command === 'roster apply')
  )
}

/** What was begun last (`offboard cut`); null: nothing was. What is ticked off later begins nothing. */
export function lastBegun(deeds: readonly AdminDeed[]): string | null {
  return deeds.findLast(({ step }) => step === begin)?.command ?? null
}

/** The other hosts of which the journal speaks: by steps such as `left:ws2`. */
export function hostsIn(deeds: readonly AdminDeed[]): string[] {
  return deeds.flatMap(({ step }) => /^(?:left|logout|erase):(.+)$/.exec(step)?.[1] ?? [])
}

/** An account that was cut anew has to be signed out anew. */
function isBeforeBack(deeds: readonly AdminDeed[], deed: AdminDeed): boolean {
  // Those of a cut have a way back of their own.
  if (deed.step.startsWith('site:') && deed.command === 'offboard cut') return false
  const back = deeds.findLastIndex(each => each.command === backCommand)
  return deeds.indexOf(deed) < back
}
