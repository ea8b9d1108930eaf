// From what is wanted, what stands there and what was done before: the changes to make, in order. Pure.

import { edited, made, type PlanFor, undone } from './made.js'
import type { Entry } from './manifest.js'
import { withoutPart } from './part-edit.js'
import { print, type Seen } from './seen.js'
import type { Make, Wanted } from './wanted.js'

/** What stands at one path becomes something else. */
export interface Change {
  path: string
  make: Make
  before: Seen
  after: Seen
}

export interface Plan {
  changes: Change[]
  /** All that the manifest has to hold while and after the changes are made. */
  entries: Entry[]
  /** What is left as it is, and why, in words. */
  notes: string[]
  /** What is wanted in files that can't be changed. */
  unmade: Wanted[]
}

/**
 * What has to be done so that everything in `wanted` stands, and what `entries` says of an earlier
 * time but is wanted no more is undone; all undone with `wanted` empty. `seen` has every path of both.
 * Throws `usage` for a file that cannot be edited; then nothing has been changed.
 */
export function plan(
  wanted: Wanted[],
  seen: (wanted: Wanted) => Seen,
  earlier: Entry[],
  owner: PlanFor,
): Plan {
  const result: Plan = { changes: [], entries: [], notes: [], unmade: [] }
  const known = new Map(earlier.map(entry => [entry.path, entry]))
  for (const { path, make } of onceEach(wanted)) {
    const now = seen({ path, make })
    const entry = known.get(path)
    const before = beforeUs(path, make, now, entry)
    const { after, note, isUnmade } = made(path, make, now, before, owner, isOther(entry, make))
    if (note !== undefined) result.notes.push(note)
    if (isUnmade) result.unmade.push({ path, make })
    if (after === null) continue
    if (!isSame(now, after)) result.changes.push({ path, make, before: now, after })
    if (make.kind === 'mode') continue
    // While the change is not made, what an earlier version left there is ours as well.
    const prints = [print(after), ...(entry?.after ?? [])]
    result.entries.push({ path, make, before, after: [...new Set(prints)] })
  }
  const kept = new Set(wanted.map(({ path }) => path))
  for (const entry of earlier.filter(({ path }) => !kept.has(path)).reverse()) {
    const now = seen(entry)
    const after = undone(entry, now)
    if (!isSame(now, after) && now.kind === 'file' && now.fixed !== undefined)
      result.notes.push(`${entry.path} ${now.fixed} and keeps what is ours`)
    else if (!isSame(now, after))
      result.changes.push({ path: entry.path, make: entry.make, before: now, after })
    else if (isChangedSince(entry, now))
      result.notes.push(`${entry.path} was changed after it was installed, and stays`)
    // Until the undoing is done, the manifest remembers it.
    result.entries.push(entry)
  }
  return result
}

/** A folder that leads to several files is wanted by each of them. */
function onceEach(wanted: Wanted[]): Wanted[] {
  const byName = new Map<string, Wanted>()
  for (const each of wanted) {
    const name = `${each.make.kind}:${each.path}`
    if (!byName.has(name)) byName.set(name, each)
  }
  return [...byName.values()]
}

/** What stood here before any of ours: what the manifest says, as long as nobody has changed it since. */
function beforeUs(path: string, make: Make, now: Seen, entry: Entry | undefined): Seen {
  if (entry !== undefined) {
    if (entry.after.includes(print(now)) || print(now) === print(entry.before)) return entry.before
    return undone(entry, now)
  }
  if (make.kind !== 'part' || now.kind !== 'file') return now
  return edited(now, path, text => withoutPart(make.part, text, text))
}

/** Does a file of ours stand there with another's words in it? */
function isChangedSince({ make, before, after }: Entry, now: Seen): boolean {
  if (make.kind !== 'file' || now.kind !== 'file') return false
  return ![print(before), ...after].includes(print(now))
}

/** Did an earlier installation want something else here? */
function isOther(entry: Entry | undefined, make: Make): boolean {
  return entry !== undefined && JSON.stringify(entry.make) !== JSON.stringify(make)
}

function isSame(now: Seen, after: Seen): boolean {
  if (print(now) !== print(after)) return false
  return !('mode' in now && 'mode' in after) || now.mode === after.mode
}
