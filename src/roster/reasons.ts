// Why a user was added or cut: the commit that added or removed their row, among several since the last apply.

import { parseYaml, rosterLimits } from '../config/yaml.js'
import { clean } from '../text/clean.js'
import type { RosterCommit, RosterVersion } from './committed.js'
import type { RosterStep } from './plan.js'
import { type RosterRow, rosterRows } from './roster-file.js'

/** How far back a reason is looked for. */
const lookBack = { mostVersions: 100, mostMs: 10_000, clockMs: () => performance.now() }

/** The reason of the commit that changed a user's row, else of the newest one. */
export async function reasons({
  steps,
  commit,
  versions,
}: {
  steps: readonly RosterStep[]
  commit: RosterCommit
  versions: () => AsyncIterable<RosterVersion>
}): Promise<(user: string | null) => string> {
  const changes = new Map<string, RowChange>()
  for (const { user, name } of steps)
    if (user !== null && name !== 'ask')
      changes.set(user, { user, what: name === 'cut' ? 'cut' : 'added' })
  const commits = await rowCommits([...changes.values()], versions(), lookBack)
  return user => reasonOf((user === null ? null : commits.get(user)) ?? commit)
}

/** The reason of a commit for journal, note and message: subject, the first line of the body, and which commit. */
function reasonOf({ sha, subject, body }: RosterCommit): string {
  const line = body.split('\n').find(each => each.trim() !== '' && !isTrailer(each)) ?? ''
  const more = line === '' ? '' : `: ${clean(line, 120)}`
  return `${clean(subject, 120) || '(no subject)'}${more} (${sha.slice(0, 12)})`
}

function isTrailer(line: string): boolean {
  return /^[A-Za-z][A-Za-z-]*: /.test(line)
}

/** What became of a user by the newest version. */
export interface RowChange {
  user: string
  what: 'added' | 'cut'
}

/** Older versions are not looked at, nor any more after so long: then the newest commit's reason has to do. */
export interface LookBack {
  mostVersions: number
  mostMs: number
  clockMs: () => number
}

/**
 * For each user the commit since which the roster has them as it has them now. Not in the map: it was not found within
 * the limits. A version that is no roster says nothing.
 */
export async function rowCommits(
  changes: readonly RowChange[],
  versions: AsyncIterable<RosterVersion>,
  { mostVersions, mostMs, clockMs }: LookBack,
): Promise<Map<string, RosterCommit>> {
  const found = new Map<string, RosterCommit>()
  if (changes.length === 0) return found
  const endMs = clockMs() + mostMs
  const since = new Map<RowChange, RosterCommit>()
  let open = [...changes]
  let looked = 0
  let isWhole = true
  for await (const { commit, text } of versions) {
    if (++looked > mostVersions || clockMs() > endMs) {
      isWhole = false
      break
    }
    const rows = text === null ? [] : readRows(commit.sha, text)
    if (rows === null) continue
    const listed = new Map(rows.map(row => [row.user, row]))
    open = open.filter(change => {
      if (!isSo(change, listed.get(change.user))) return false
      since.set(change, commit)
      return true
    })
    if (open.length === 0) break
  }
  // Of who was so in every version that was looked at, only the first version of all tells.
  for (const [change, commit] of since)
    if (isWhole || !open.includes(change)) found.set(change.user, commit)
  return found
}

function readRows(sha: string, text: string): RosterRow[] | null {
  const file = parseYaml(sha, text, rosterLimits)
  return file.data === null ? null : rosterRows(file).rows
}

function isSo({ what }: RowChange, row: RosterRow | undefined): boolean {
  const isActive = row !== undefined && row.leftOn === null && row.isEnrolled && !row.isParked
  return what === 'added' ? isActive : row === undefined || row.leftOn !== null
}
