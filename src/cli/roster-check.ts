// `claude-auth roster check`: judges a roster and what it would take away, without any rights and without Vault.

import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Problem, problemLine } from '../config/problem.js'
import { parseYaml, readYamlFile, rosterLimits, type YamlFile } from '../config/yaml.js'
import { checkRoster } from '../roster/check.js'
import { committedRoster, type EarlierText, earlierText } from '../roster/committed.js'
import { type Removals, removalsOf } from '../roster/differences.js'
import { type RosterRow, rosterRows } from '../roster/roster-file.js'
import { problemLines } from '../roster/roster-text.js'
import type { Env } from '../system/paths.js'
import { AuthError, type Trouble } from '../system/trouble.js'
import { currentFolder, whoAmI } from '../system/users.js'
import { clean, jsonText } from '../text/clean.js'
import { linePrefix } from '../text/terminal.js'
import { troubleText } from '../text/trouble.js'
import { adminContext } from './admin-context.js'
import { errorObjectText } from './errors.js'

export interface CheckWishes {
  /** Null: the committed roster of the configuration. */
  file: string | null
  flags: { against?: string; json?: boolean }
  removals: number | null
}

/** What an earlier roster says, or why it says nothing. */
interface Compared {
  /** Null where there is nothing to compare with. */
  removals: Removals | null
  notCompared: string | null
}

/** 0: in order; 2: not; 5: the repository gave no answer. */
export async function rosterCheck(wishes: CheckWishes, env: Env): Promise<number> {
  const { file, flags, removals: allowed } = wishes
  const nowMs = Date.now()
  const person = whoAmI(env)
  const subject =
    file === null
      ? await committed(env)
      : readYamlFile(resolve(currentFolder(), file), rosterLimits, file)
  if ('trouble' in subject) return noRoster(subject, flags)
  const { rows, problems } = rosterRows(subject)
  const all = [...problems, ...checkRoster(rows, subject, nowMs)]
  let removals: Removals | null = null
  let notCompared: string | null = null
  if (flags.against !== undefined) {
    const before =
      file === null
        ? await earlierCommitted(flags.against, env)
        : await earlierText(flags.against, realPath(resolve(currentFolder(), file)), {
            person,
            env,
          })
    if (before.kind === 'unreadable') return noRoster({ ...before, isAway: false }, flags)
    const earlier =
      before.kind === 'read'
        ? rosterRows(parseYaml(flags.against, before.text, rosterLimits)).rows
        : []
    if (earlier.length > 0) removals = removalsOf(earlier, rows, { nowMs, allowed })
    else
      notCompared =
        before.kind === 'read'
          ? `the roster of ${flags.against} cannot be read`
          : `${flags.against} has no such file`
  } else if (allowed !== null)
    throw new AuthError('usage', 'roster: --removals needs --against REF', {
      hint: 'claude-auth roster check FILE --against origin/master --removals N',
    })
  const isRight = all.length === 0 && (removals?.refused ?? null) === null
  if (flags.json)
    process.stdout.write(
      `${jsonText(checkObject(isRight, rows, all, { removals, notCompared }))}\n`,
    )
  else print(subject, rows, all, { removals, notCompared })
  return isRight ? 0 : 2
}

/** Where a link leads: what git has of the link itself is no roster. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}

/** The committed roster of the configuration, called `REF:FILE`. */
async function committed(env: Env): Promise<YamlFile | Unread> {
  const { person, config } = await adminContext(env)
  if (config.rosterFrom === null)
    throw new AuthError('usage', 'roster: FILE is missing, and no rosterFrom is configured', {
      hint: 'claude-auth roster check roster.yaml',
    })
  const read = await committedRoster(config.rosterFrom, { person, env })
  if (read.kind === 'read')
    return parseYaml(`${config.rosterFrom.ref}:${config.rosterFrom.file}`, read.text, rosterLimits)
  return read
}

interface Unread {
  trouble: Trouble
  /** The repository gave no answer. */
  isAway: boolean
}

async function noRoster({ trouble, isAway }: Unread, { json }: { json?: boolean }): Promise<2 | 5> {
  const message = clean(troubleText(trouble), 500)
  if (json) {
    const words = { message, hint: trouble.command }
    process.stdout.write(await errorObjectText(isAway ? 'no-answer' : 'broken', words))
  }
  process.stderr.write(`${linePrefix}${message}\n`)
  return isAway ? 5 : 2
}

/** The same file of the same repository, as of another ref. */
async function earlierCommitted(ref: string, env: Env): Promise<EarlierText> {
  const { person, config } = await adminContext(env)
  if (config.rosterFrom === null) return { kind: 'absent' }
  const read = await committedRoster({ ...config.rosterFrom, ref }, { person, env })
  return read.kind === 'read' ? { kind: 'read', text: read.text } : read
}

function print(
  file: YamlFile,
  rows: readonly RosterRow[],
  problems: readonly Problem[],
  { removals, notCompared }: Compared,
): void {
  const refused = removals?.refused ?? null
  const lines = [
    ...problemLines(problems),
    ...(refused === null ? [] : [clean(refused, 500), removalsHint(removals)]),
  ]
  if (lines.length === 0) {
    const admins = rows.filter(({ isAdmin }) => isAdmin).length
    const gone = removals === null ? '' : `, ${removals.users.length} fewer than before`
    const none = notCompared === null ? '' : `; nothing was compared: ${clean(notCompared, 200)}`
    lines.push(
      `${clean(file.path, 200)}: in order (${rows.length} users, ${admins} of them admins${gone})${none}`,
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

function removalsHint(removals: Removals | null): string {
  return `If that is meant: --removals ${removals?.users.length ?? 0}`
}

function checkObject(
  isRight: boolean,
  rows: readonly RosterRow[],
  problems: readonly Problem[],
  { removals, notCompared }: Compared,
) {
  return {
    schemaVersion: 1,
    verdict: isRight ? 'ok' : 'refused',
    users: rows.length,
    problems: problems.map(problem => ({
      ...problem,
      line: problem.line,
      text: problemLine(problem),
    })),
    removals,
    notCompared,
  }
}
