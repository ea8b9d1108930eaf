// What an update of the base would change, and whether it may: a pure rule over two trees.

import { type SharedFile, type Slip, sharedParts, type Tree } from './tree.js'

export interface BasePlan {
  added: readonly string[]
  changed: readonly string[]
  deleted: readonly string[]
  /** Any of them, and nothing is changed. */
  refusals: readonly Refusal[]
}

export type Refusal =
  | Slip
  | { rule: 'empty'; path: null; what: string }
  | { rule: 'part-missing'; path: string; what: string }
  | { rule: 'too-many-deletions'; path: null; what: string }

export interface Limits {
  maxDelete: number
  /** The admin named this number: then half of all files is not a limit either. */
  isSaid: boolean
}

/** `base` null: there is none yet. */
export function planUpdate(source: Tree, base: Tree | null, limits: Limits): BasePlan {
  const before = base?.files ?? new Map<string, SharedFile>()
  const added: string[] = []
  const changed: string[] = []
  for (const [path, file] of source.files) {
    const old = before.get(path)
    if (old === undefined) added.push(path)
    else if (!isSame(old, file)) changed.push(path)
  }
  const deleted = [...before.keys()].filter(path => !source.files.has(path))
  const refusals: Refusal[] = [...emptiness(source, before), ...source.slips]
  if (isTooMuch(deleted.length, before.size, limits))
    refusals.push({
      rule: 'too-many-deletions',
      path: null,
      what: `${deleted.length} of ${before.size} files would be deleted; ${limits.maxDelete} may be, and fewer than half`,
    })
  return { added: added.sort(), changed: changed.sort(), deleted: deleted.sort(), refusals }
}

function isSame(one: SharedFile, other: SharedFile): boolean {
  return one.is === other.is && one.kind === other.kind && one.isProgram === other.isProgram
}

/** One file alone is never too many. */
function isTooMuch(deletes: number, of: number, { maxDelete, isSaid }: Limits): boolean {
  return deletes > maxDelete || (!isSaid && deletes > 1 && deletes * 2 >= of)
}

function emptiness(source: Tree, before: ReadonlyMap<string, SharedFile>): Refusal[] {
  if (source.files.size === 0)
    return [{ rule: 'empty', path: null, what: 'the source has no file at all' }]
  const has = (files: ReadonlyMap<string, SharedFile>, part: string) =>
    [...files.keys()].some(path => path.startsWith(`${part}/`) || path === part)
  return sharedParts
    .filter(part => has(before, part) && !has(source.files, part))
    .map(part => ({
      rule: 'part-missing' as const,
      path: part,
      what: 'is in the base, and empty or missing in the source',
    }))
}
