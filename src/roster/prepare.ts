// From the committed roster to a plan: what is wanted, seen from all sides, or why nothing is done.

import type { Config } from '../config/config.js'
import type { Problem } from '../config/problem.js'
import { parseYaml, rosterLimits } from '../config/yaml.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { type Env, ownPaths } from '../system/paths.js'
import { AuthError, type Trouble } from '../system/trouble.js'
import { accountsNamed, noAnswerAbout, type Person } from '../system/users.js'
import { troubleText } from '../text/trouble.js'
import { checkRoster } from './check.js'
import { committedRoster, type RosterCommit, type RosterVersion } from './committed.js'
import { type Differences, differencesOf, type EarlierRow, removalsOf } from './differences.js'
import { type Found, lookAround } from './facts.js'
import {
  type Applied,
  type Pending,
  type RosterPlaces,
  readApplied,
  readPending,
} from './memory.js'
import { planRoster, type RosterStep } from './plan.js'
import { type RosterRow, rosterRows } from './roster-file.js'
import { problemLines } from './roster-text.js'

/** Who plans or applies, and with what. */
export interface RosterRun {
  person: Person
  config: Config
  env: Env
  now: () => number
  places: RosterPlaces
  /** Signs in as the admin. */
  openVault: () => Promise<SiteVault | StoreTrouble>
}

export interface RosterWishes {
  /** Only this user; null: all. */
  user: string | null
  /** Exactly so many users vanish, and that is meant; null: nothing was said. */
  removals: number | null
}

export interface Prepared {
  rows: RosterRow[]
  text: string
  commit: RosterCommit
  /** The roster as of each commit that changed it, the newest first. */
  versions: () => AsyncIterable<RosterVersion>
  applied: Applied | null
  differences: Differences
  vault: SiteVault | null
  found: Found
  pending: Pending
  steps: RosterStep[]
}

/** Why nothing is done: 2 the roster is wrong, 5 the repository, the directory of users or Vault gave no answer, 1 something else. */
export interface Refused {
  exitCode: 1 | 2 | 5
  lines: string[]
}

/** Looks at what is committed, at Vault and at this machine; changes nothing. Throws `usage`, and what `readPending` throws. */
export async function prepareRoster(
  run: RosterRun,
  wishes: RosterWishes,
): Promise<Prepared | Refused> {
  const { person, config, env, now, places } = run
  const from = config.rosterFrom
  if (from === null)
    throw new AuthError('usage', 'roster: the configuration has no rosterFrom', {
      hint: 'sudo vi /etc/claude-auth/config.yaml',
    })
  const read = await committedRoster(from, { person, env })
  if (read.kind === 'unreadable') return because(read.isAway ? 5 : 2, read.trouble)
  if (read.isEdited)
    return refused(2, [`${from.file} in ${from.repository} has changes that are not committed`])
  const file = parseYaml(`${from.ref}:${from.file}`, read.text, rosterLimits)
  const { rows, problems } = rosterRows(file)
  const all: Problem[] = [...problems, ...checkRoster(rows, file, now())]
  if (all.length > 0) return refused(2, problemLines(all))

  const before = readApplied(places.applied, person.uid)
  if (before.kind === 'unreadable') return because(1, before.trouble)
  const applied = before.kind === 'read' ? before.applied : null
  const removals = removalsOf(applied?.users ?? [], rows, {
    nowMs: now(),
    allowed: wishes.removals,
  })
  if (removals.refused !== null)
    return refused(2, [
      removals.refused,
      `If that is meant: claude-auth roster apply --removals ${removals.users.length}`,
    ])
  const known: readonly EarlierRow[] = [...rows, ...(applied?.users ?? [])]
  if (wishes.user !== null && !known.some(({ user }) => user === wishes.user))
    throw new AuthError('usage', 'roster: there is no such user in the roster', {
      hint: 'claude-auth roster plan',
    })

  const vault = config.vaultServer === null ? null : await run.openVault()
  if (vault !== null && 'trouble' in vault) return because(codeOf(vault), vault.trouble)
  const differences = differencesOf(applied?.users ?? null, rows, now())
  const pending = readPending(places.pending, person.uid)
  const isRoot = person.uid === 0
  const { accounts, unanswered } = accountsNamed(askedFor(differences, isRoot, wishes.user))
  if (unanswered !== null) return because(5, noAnswerAbout(unanswered))
  const byName = new Map(accounts.map(each => [each.name, each]))
  const found = await lookAround(differences, {
    host: person.host,
    isRoot,
    vault,
    method: config.vault?.auth.method ?? 'token',
    recordFolder: config.fleet.folder,
    systemConfig: ownPaths(env, person.home).systemConfig,
    accountOf: user => byName.get(user) ?? null,
    pending,
    machineRoster: places.roster,
    text: read.text,
    nowMs: now(),
    only: wishes.user,
  })
  if ('trouble' in found) return because(codeOf(found), found.trouble)
  const steps = planRoster(found.facts)
  const { text, commit, versions } = read
  return { rows, text, commit, versions, applied, differences, vault, found, pending, steps }
}

/**
 * Whose accounts are looked at, to be asked for all at once: a process for each of 20,000 takes minutes. Only root does anything
 * in a home; whoever looks names the documents of those who end, also by their numbers.
 */
function askedFor(
  { active, ending }: Differences,
  isRoot: boolean,
  only: string | null,
): readonly string[] {
  const names = [...(isRoot ? active : []), ...ending].map(({ user }) => user)
  return [...new Set(names)].filter(user => only === null || user === only)
}

function codeOf({ kind }: StoreTrouble): 1 | 5 {
  return kind === 'unreachable' ? 5 : 1
}

function because(exitCode: Refused['exitCode'], trouble: Trouble): Refused {
  return refused(exitCode, [troubleText(trouble)])
}

function refused(exitCode: Refused['exitCode'], lines: string[]): Refused {
  return { exitCode, lines }
}
