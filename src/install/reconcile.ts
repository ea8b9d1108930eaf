// From the desired state, the current state and the manifest to the changes to make, in order. Pure.

import { AuthError, quoted } from '../system/trouble.js'
import type { Desired, Make } from './desired-state.js'
import { hasPart, isNothing, withoutPart, withPart } from './edit.js'
import { absent, digest, type PathState, present } from './inspect.js'
import { UneditableFile } from './json-edit.js'
import type { Entry } from './manifest.js'

/** What stands at one path becomes something else. */
export interface Change {
  path: string
  make: Make
  before: PathState
  after: PathState
}

export interface Plan {
  changes: Change[]
  /** All that the manifest has to hold while and after the changes are made. */
  entries: Entry[]
  /** What is left as it is, and why, in words. */
  notes: string[]
  /** What is desired in files that can't be changed. */
  unmade: Desired[]
}

/**
 * The changes that reach `desired`, and that revert what `earlier` records and `desired` no longer has; an empty `desired`
 * reverts everything. `stateOf` knows every path of both.
 * Throws `usage` for a file that cannot be edited; then nothing has been changed.
 */
export function plan(
  desired: Desired[],
  stateOf: (desired: Desired) => PathState,
  earlier: Entry[],
  owner: PlanFor,
): Plan {
  const result: Plan = { changes: [], entries: [], notes: [], unmade: [] }
  const known = new Map(earlier.map(entry => [entry.path, entry]))
  for (const { path, make } of onceEach(desired)) {
    const now = stateOf({ path, make })
    const entry = known.get(path)
    const before = beforeUs(path, make, now, entry)
    const { after, note, isUnmade } = reconcile(
      path,
      make,
      now,
      before,
      owner,
      isOther(entry, make),
    )
    if (note !== undefined) result.notes.push(note)
    if (isUnmade) result.unmade.push({ path, make })
    if (after === null) continue
    if (!isSame(now, after)) result.changes.push({ path, make, before: now, after })
    if (make.kind === 'mode') continue
    // While the change is not made, what an earlier version left there is ours as well.
    const prints = [digest(after), ...(entry?.after ?? [])]
    result.entries.push({ path, make, before, after: [...new Set(prints)] })
  }
  const kept = new Set(desired.map(({ path }) => path))
  for (const entry of earlier.filter(({ path }) => !kept.has(path)).reverse()) {
    const now = stateOf(entry)
    const after = revert(entry, now)
    if (!isSame(now, after) && now.kind === 'file' && now.fixed !== undefined)
      result.notes.push(`${entry.path} ${now.fixed} and keeps what is ours`)
    else if (!isSame(now, after)) {
      result.changes.push({ path: entry.path, make: entry.make, before: now, after })
      if (isKeptFile(entry, after))
        result.notes.push(`${entry.path} was edited: only our entries go, and the rest stays`)
    } else if (isChangedSince(entry, now))
      result.notes.push(`${entry.path} was changed after it was installed, and stays`)
    // Until the undoing is done, the manifest remembers it.
    result.entries.push(entry)
  }
  return result
}

/** A folder that leads to several files is listed by each of them. */
function onceEach(desired: Desired[]): Desired[] {
  const byName = new Map<string, Desired>()
  for (const each of desired) {
    const name = `${each.make.kind}:${each.path}`
    if (!byName.has(name)) byName.set(name, each)
  }
  return [...byName.values()]
}

/** What was here before us: as the manifest says, unless it has been changed since. */
function beforeUs(path: string, make: Make, now: PathState, entry: Entry | undefined): PathState {
  if (entry !== undefined) {
    if (entry.after.includes(digest(now)) || digest(now) === digest(entry.before))
      return entry.before
    return revert(entry, now)
  }
  if (make.kind !== 'part' || now.kind !== 'file') return now
  return edited(now, path, text => withoutPart(make.part, text, text))
}

/** Is our file there, changed by another? */
function isChangedSince({ make, before, after }: Entry, now: PathState): boolean {
  if (make.kind !== 'file' || now.kind !== 'file') return false
  return ![digest(before), ...after].includes(digest(now))
}

/** Does a file that we made stay, for what others have written into it? */
function isKeptFile({ make, before }: Entry, after: PathState): boolean {
  return make.kind === 'part' && before.kind === 'absent' && after.kind === 'file'
}

/** Did an earlier installation want something else here? */
function isOther(entry: Entry | undefined, make: Make): boolean {
  return entry !== undefined && JSON.stringify(entry.make) !== JSON.stringify(make)
}

function isSame(now: PathState, after: PathState): boolean {
  if (digest(now) !== digest(after)) return false
  return !('mode' in now && 'mode' in after) || now.mode === after.mode
}

/** Whose new files are. */
interface PlanFor {
  uid: number
  gid: number
}

/**
 * The state that `make` leads to from `now`; null where the path stays as it is. `before`: the state before our first change.
 * `isOther`: an earlier installation put something else here. Throws `usage` where it cannot be made.
 */
function reconcile(
  path: string,
  make: Make,
  now: PathState,
  before: PathState,
  owner: PlanFor,
  isOther: boolean,
): { after: PathState | null; note?: string; isUnmade?: true } {
  switch (make.kind) {
    case 'folder':
      if (now.kind === 'folder') return { after: make.strict ? { ...now, mode: make.mode } : now }
      if (now.kind === 'absent') return { after: { kind: 'folder', mode: make.mode, ...owner } }
      // A link to a folder does as well.
      if (now.kind === 'link' && !make.strict) return { after: null }
      throw inTheWay(path, 'no folder')
    case 'group':
    case 'program':
      return { after: present }
    case 'mode':
      if (now.kind !== 'file' && now.kind !== 'folder') return { after: null }
      return { after: { ...now, mode: now.mode & make.mode } }
    case 'link':
      if (now.kind === 'link' && now.target === make.target) return { after: now }
      if (make.yields !== undefined && before.kind !== 'absent' && now.kind !== 'absent')
        return { after: null, note: `${path} ${make.yields}` }
      if (now.kind !== 'link' && now.kind !== 'absent') throw inTheWay(path, 'no link')
      return { after: { kind: 'link', target: make.target } }
    case 'file':
      if (now.kind === 'folder' || now.kind === 'other') throw inTheWay(path, 'no file of text')
      return { after: { kind: 'file', text: make.text, mode: make.mode, ...owner } }
    case 'part':
      if (make.yields !== undefined && !isEditable(now, owner))
        return { after: null, note: `${path} ${make.yields}` }
      return (
        leftUnmade(path, whyUnmade(path, make, now, owner)) ?? {
          after: withOurPart(path, make, now, before, owner, isOther),
        }
      )
  }
}

function leftUnmade(path: string, why: string | null) {
  if (why === null) return null
  return { after: null, note: `${path} ${why} and stays as it is`, isUnmade: true } as const
}

/**
 * Why a person has to put our part there, to be read after the path; null where we can, or where it stands. What is
 * installed does not work without the other files, so a fault of those is none of this.
 */
function whyUnmade(
  path: string,
  make: Make & { kind: 'part' },
  now: PathState,
  owner: PlanFor,
): string | null {
  const isSettings = make.part.in === 'settings'
  switch (now.kind) {
    case 'file':
      if (hasOurPart(path, make, now)) return null
      if (now.fixed !== undefined) return now.fixed
      if (!isSettings) return null
      if (now.uid !== owner.uid) return belongsTo(now.uid)
      return (now.mode & 0o200) === 0 ? 'is read-only' : null
    case 'link':
      return isSettings ? 'is a link to nothing' : null
    case 'folder':
      return isSettings ? 'is a folder' : null
    case 'other':
      return isSettings ? now.what : null
    default:
      return null
  }
}

function belongsTo(uid: number): string {
  return uid === 0 ? 'belongs to root' : `belongs to user ${uid}`
}

/** Can this file, or a new one in its place, be written by its owner? */
function isEditable(now: PathState, owner: PlanFor): boolean {
  if (now.kind === 'absent') return true
  const isOwn = now.kind === 'file' && (now.uid === owner.uid || owner.uid === 0)
  return isOwn && now.fixed === undefined && (now.mode & 0o200) !== 0
}

function withOurPart(
  path: string,
  make: Make & { kind: 'part' },
  now: PathState,
  before: PathState,
  owner: PlanFor,
  isOther: boolean,
): PathState {
  if (now.kind === 'absent')
    return { kind: 'file', text: make.whenAbsent, mode: make.mode, ...owner }
  if (now.kind === 'other') throw uneditable(path, now.what)
  if (now.kind !== 'file') throw uneditable(path, 'is no regular file')
  if (!isOther && hasOurPart(path, make, now)) return now
  if (now.uid !== owner.uid && owner.uid !== 0) throw uneditable(path, `belongs to user ${now.uid}`)
  if ((now.mode & 0o200) === 0) throw uneditable(path, 'is read-only', `chmod u+w ${path}`)
  const base = before.kind === 'file' ? { ...now, text: before.text } : now
  return edited(base, path, text => withPart(make.part, text))
}

/** The state after `entry` is reverted from `now`. */
function revert({ path, make, before, after }: Entry, now: PathState): PathState {
  if (make.kind === 'folder') {
    if (before.kind === 'folder' && now.kind === 'folder') return { ...now, mode: before.mode }
    return now.kind === 'folder' ? absent : now
  }
  if (make.kind === 'group' || make.kind === 'program') return before
  if (after.includes(digest(now))) return before
  if (make.kind !== 'part' || now.kind !== 'file') return now
  const old = before.kind === 'file' ? before.text : null
  const rest = edited(now, path, text => withoutPart(make.part, text, old))
  return before.kind === 'absent' && isNothing(make.part, rest.text) ? absent : rest
}

function hasOurPart(
  path: string,
  make: Make & { kind: 'part' },
  now: PathState & { kind: 'file' },
): boolean {
  const isThere = edited(now, path, text => (hasPart(make.part, text) ? text : ''))
  return isThere.text !== '' && isThere.text === now.text
}

/** The file with its text edited. Throws `usage` where the text is not fit for it. */
function edited<T extends { text: string }>(
  file: T,
  path: string,
  edit: (text: string) => string,
): T {
  try {
    return { ...file, text: edit(file.text) }
  } catch (error) {
    if (error instanceof UneditableFile) throw uneditable(path, error.message)
    throw error
  }
}

function uneditable(path: string, what: string, hint = `claude-auth install --dry-run`): AuthError {
  return new AuthError('usage', `${path} ${what}; nothing was changed`, { hint })
}

function inTheWay(path: string, what: string): AuthError {
  return new AuthError('usage', `${path} is there already and is ${what}; nothing was changed`, {
    hint: `ls -ld ${quoted(path)}`,
  })
}
