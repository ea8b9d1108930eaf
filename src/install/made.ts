// What one wanted thing makes of what stands at its path, and what is left behind when it is undone. Pure.

import { AuthError } from '../host/error.js'
import { quoted } from '../host/quoted.js'
import type { Entry } from './manifest.js'
import { hasPart, isNothing, withoutPart, withPart } from './part-edit.js'
import { absent, present, print, type Seen } from './seen.js'
import { Unfit } from './unfit.js'
import type { Make } from './wanted.js'

/** Whose new files are. */
export interface PlanFor {
  uid: number
  gid: number
}

/**
 * What `make` makes of `now`, `before` being what stood there before any of ours; null where nothing is
 * done, and what stands there stays. `isOther`: an earlier installation wanted something else here. Throws
 * `usage` where it cannot be made.
 */
export function made(
  path: string,
  make: Make,
  now: Seen,
  before: Seen,
  owner: PlanFor,
  isOther: boolean,
): { after: Seen | null; note?: string; isUnmade?: true } {
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
      if (now.kind === 'file' && now.fixed !== undefined && !hasOurPart(path, make, now))
        return { after: null, note: `${path} ${now.fixed} and stays as it is`, isUnmade: true }
      return { after: withOurPart(path, make, now, before, owner, isOther) }
  }
}

function withOurPart(
  path: string,
  make: Make & { kind: 'part' },
  now: Seen,
  before: Seen,
  owner: PlanFor,
  isOther: boolean,
): Seen {
  if (now.kind === 'absent')
    return { kind: 'file', text: make.whenAbsent, mode: make.mode, ...owner }
  if (now.kind === 'other') throw unfit(path, now.what)
  if (now.kind !== 'file') throw unfit(path, 'is no regular file')
  if (!isOther && hasOurPart(path, make, now)) return now
  if (now.uid !== owner.uid && owner.uid !== 0) throw unfit(path, `belongs to user ${now.uid}`)
  if ((now.mode & 0o200) === 0) throw unfit(path, 'is read-only', `chmod u+w ${path}`)
  const base = before.kind === 'file' ? { ...now, text: before.text } : now
  return edited(base, path, text => withPart(make.part, text))
}

/** What `entry` leaves behind when it is undone, `now` being there. */
export function undone({ path, make, before, after }: Entry, now: Seen): Seen {
  if (make.kind === 'folder') {
    if (before.kind === 'folder' && now.kind === 'folder') return { ...now, mode: before.mode }
    return now.kind === 'folder' ? absent : now
  }
  if (make.kind === 'group' || make.kind === 'program') return before
  if (after.includes(print(now))) return before
  if (make.kind !== 'part' || now.kind !== 'file') return now
  const old = before.kind === 'file' ? before.text : null
  const rest = edited(now, path, text => withoutPart(make.part, text, old))
  return before.kind === 'absent' && isNothing(make.part, rest.text) ? absent : rest
}

function hasOurPart(
  path: string,
  make: Make & { kind: 'part' },
  now: Seen & { kind: 'file' },
): boolean {
  const isThere = edited(now, path, text => (hasPart(make.part, text) ? text : ''))
  return isThere.text !== '' && isThere.text === now.text
}

/** The file with its text edited. Throws `usage` where the text is not fit for it. */
export function edited<T extends { text: string }>(
  file: T,
  path: string,
  edit: (text: string) => string,
): T {
  try {
    return { ...file, text: edit(file.text) }
  } catch (error) {
    if (error instanceof Unfit) throw unfit(path, error.message)
    throw error
  }
}

function unfit(path: string, what: string, hint = `claude-auth install --dry-run`): AuthError {
  return new AuthError('usage', `${path} ${what}; nothing was changed`, { hint })
}

function inTheWay(path: string, what: string): AuthError {
  return new AuthError('usage', `${path} is there already and is ${what}; nothing was changed`, {
    hint: `ls -ld ${quoted(path)}`,
  })
}
