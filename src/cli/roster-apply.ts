// `claude-auth roster plan` and `apply`: looks at what is committed, at Vault and at this machine, and carries out what is missing.

import { sendNow } from '../alerts/send.js'
import type { ToldPerson } from '../alerts/told-people.js'
import type { Problem } from '../config/problem.js'
import { parseYaml } from '../config/yaml.js'
import { programForUsers } from '../install/uninstall-system.js'
import { appendAdminJournal } from '../offboard/admin-journal.js'
import { carryOut, type StepResult, withoutTerminal } from '../roster/act.js'
import { type Applied, carriedOut, isSame, readApplied, writeApplied } from '../roster/applied.js'
import { checkRoster, type EarlierRow, removalsRefused, removedUsers } from '../roster/check.js'
import { committedRoster, type RosterCommit } from '../roster/committed.js'
import { type Differences, differencesOf } from '../roster/differences.js'
import { type Found, lookAround } from '../roster/facts.js'
import { type Pending, readPending, writePending } from '../roster/pending.js'
import { type RosterPlaces, rosterPlaces } from '../roster/places.js'
import { type PlannedStep, planRoster } from '../roster/plan.js'
import { hasLeft, type RosterRow, rosterRows } from '../roster/roster-file.js'
import {
  commitWords,
  countWords,
  planLines,
  problemLines,
  reasonOf,
  resultLines,
  stepObject,
} from '../roster/roster-text.js'
import type { SiteVault } from '../store/vault/site.js'
import { askYes } from '../system/ask.js'
import { AuthError } from '../system/error.js'
import { enterGate } from '../system/gate.js'
import { type Env, ownPaths } from '../system/paths.js'
import type { Trouble } from '../system/trouble.js'
import { accountNamed } from '../system/users.js'
import { freshNonce } from '../system/write-file.js'
import { clean, jsonText } from '../text/clean.js'
import { linePrefix } from '../text/terminal.js'
import { troubleText } from '../text/trouble.js'
import { type AdminContext, adminContext, siteVault } from './admin-context.js'
import { errorObjectText } from './error-object.js'
import type { RosterFlags } from './roster-flags.js'

export interface ApplyWishes {
  /** Looks, and changes nothing. */
  isDry: boolean
  flags: Pick<RosterFlags, 'yes' | 'user' | 'json'>
  removals: number | null
}

/** Another apply is waited for so long; one takes at most half an hour. */
const gateWaitMs = 60_000
const applyMs = 30 * 60_000

/** What is wanted, seen from all sides. */
interface Prepared {
  rows: RosterRow[]
  text: string
  commit: RosterCommit
  applied: Applied | null
  differences: Differences
  vault: SiteVault | null
  found: Found
  pending: Pending
  steps: PlannedStep[]
}

/** Why nothing is done, and the exit code that says so. */
interface Refused {
  exitCode: 1 | 2 | 5
  lines: string[]
}

/** 0: nothing to do, or all done; 4: steps are left; 1, 2, 5: nothing was done, and stderr says why. */
export async function rosterApply(wishes: ApplyWishes, env: Env): Promise<number> {
  const context = await adminContext(env)
  const places = rosterPlaces(context.person)
  if (wishes.isDry) {
    const prepared = await prepare(context, places, wishes, env)
    return 'exitCode' in prepared ? refuse(prepared, wishes.flags) : showPlan(prepared, wishes)
  }
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  if (!wishes.flags.yes && (!isTerminal || wishes.flags.json))
    throw new AuthError('usage', 'roster: apply asks at a terminal; elsewhere it needs --yes', {
      hint: 'claude-auth roster plan',
    })
  const gate = enterGate(places.gate, null, gateWaitMs, applyMs)
  try {
    const prepared = await prepare(context, places, wishes, env)
    if ('exitCode' in prepared) return await refuse(prepared, wishes.flags)
    return await apply(prepared, { context, places, wishes, env })
  } finally {
    gate.leave()
  }
}

async function refuse(
  { exitCode, lines }: Refused,
  { json }: ApplyWishes['flags'],
): Promise<number> {
  if (json) {
    const message = lines.map(line => clean(line, 500)).join('; ')
    const verdict = exitCode === 5 ? 'no-answer' : 'broken'
    process.stdout.write(await errorObjectText(verdict, { message, hint: null }))
  }
  for (const line of [...lines, 'Nothing was done.']) say(line)
  return exitCode
}

async function prepare(
  context: AdminContext,
  places: RosterPlaces,
  { flags, removals }: ApplyWishes,
  env: Env,
): Promise<Prepared | Refused> {
  const { person, config, now } = context
  const from = config.rosterFrom
  if (from === null)
    throw new AuthError('usage', 'roster: the configuration has no rosterFrom', {
      hint: 'sudo vi /etc/claude-auth/config.yaml',
    })
  const read = await committedRoster(from, { person, env })
  if (read.kind === 'unreadable') return because(read.isAway ? 5 : 2, read.trouble)
  if (read.isEdited)
    return refused(2, [`${from.file} in ${from.repository} has changes that are not committed`])
  const file = parseYaml(`${from.ref}:${from.file}`, read.text)
  const { rows, problems } = rosterRows(file)
  const all: Problem[] = [...problems, ...checkRoster(rows, file, now())]
  if (all.length > 0) return refused(2, problemLines(all))

  const before = readApplied(places.applied, person.uid)
  if (before.kind === 'unreadable') return because(1, before.trouble)
  const applied = before.kind === 'read' ? before.applied : null
  const wrong = tooMany(applied?.users ?? [], rows, { nowMs: now(), removals })
  if (wrong !== null) return refused(2, wrong)
  const only = flags.user ?? null
  const known: readonly EarlierRow[] = [...rows, ...(applied?.users ?? [])]
  if (only !== null && !known.some(({ user }) => user === only))
    throw new AuthError('usage', 'roster: there is no such user in the roster', {
      hint: 'claude-auth roster plan',
    })

  const vault = config.vaultServer === null ? null : await siteVault(context, config.offboard.auth)
  if (vault !== null && 'trouble' in vault) return because(codeOf(vault), vault.trouble)
  const differences = differencesOf(applied?.users ?? null, rows, now())
  const pending = readPending(places.pending, person.uid)
  const found = await lookAround(differences, {
    host: person.host,
    isRoot: person.uid === 0,
    vault,
    method: config.vault?.auth.method ?? 'token',
    recordFolder: config.fleet.folder,
    systemConfig: ownPaths(env, person.home).systemConfig,
    accountOf: accountNamed,
    pending,
    machineRoster: places.roster,
    text: read.text,
    nowMs: now(),
    only,
  })
  if ('trouble' in found) return because(codeOf(found), found.trouble)
  const steps = planRoster(found.facts)
  return {
    rows,
    text: read.text,
    commit: read.commit,
    applied,
    differences,
    vault,
    found,
    pending,
    steps,
  }
}

function tooMany(
  before: readonly EarlierRow[],
  rows: readonly RosterRow[],
  { nowMs, removals }: { nowMs: number; removals: number | null },
): string[] | null {
  const removed = removedUsers(before, rows, nowMs)
  const count = before.filter(row => !hasLeft(row, nowMs)).length
  const why = removalsRefused(removed, count, removals)
  if (why === null) return null
  return [why, `If that is meant: claude-auth roster apply --removals ${removed.length}`]
}

function codeOf({ kind }: { kind: 'unreachable' | 'denied' }): 1 | 5 {
  return kind === 'unreachable' ? 5 : 1
}

function because(exitCode: Refused['exitCode'], trouble: Trouble): Refused {
  return refused(exitCode, [troubleText(trouble)])
}

function refused(exitCode: Refused['exitCode'], lines: string[]): Refused {
  return { exitCode, lines }
}

function showPlan({ steps, commit, rows }: Prepared, { flags }: ApplyWishes): number {
  if (flags.json) print([jsonText(objectOf(commit, steps, { dryRun: true, told: null }))])
  else {
    print([`Roster as of ${commitWords(commit)} (${rows.length} users)`, ...planLines(steps)])
    print(
      steps.length === 0
        ? ['Nothing to do: all users are as the roster has them.']
        : [`${countWords(steps)}.`, 'To carry it out: sudo claude-auth roster apply'],
    )
  }
  return steps.length === 0 ? 0 : 4
}

interface Applying {
  context: AdminContext
  places: RosterPlaces
  wishes: ApplyWishes
  env: Env
}

async function apply(prepared: Prepared, applying: Applying): Promise<number> {
  const { steps, commit, found, vault, pending } = prepared
  const { context, places, wishes, env } = applying
  const { person, config, now } = context
  const { flags } = wishes
  const isAsked = steps.some(({ name }) => name !== 'ask')
  if (!flags.yes && isAsked) {
    process.stderr.write(`${planLines(steps).join('\n')}\n`)
    if (!(await askYes('Carry this out? [Y/n] '))) {
      say('Nothing was done.')
      return 4
    }
  }
  const by = actorOf(person, env)
  const why = reasonOf(commit)
  const write = (result: { user: string | null; step: string; result: string }) =>
    appendAdminJournal(
      {
        at: new Date(now()).toISOString(),
        who: by,
        command: 'roster apply',
        ...(result.user === null ? {} : { user: result.user }),
        step: result.step,
        why,
        result: result.result,
      },
      places.journal,
    )
  // What can't be written down is not begun.
  if (isAsked) write({ user: null, step: 'apply', result: `begun: ${commit.sha}` })

  const isTerminal = process.stdout.isTTY === true && !flags.json
  const doable = isTerminal ? steps : withoutTerminal(steps)
  const ended = await carryOut(doable, found, pending, {
    vault,
    host: person.host,
    by,
    why,
    now,
    recordFolder: config.fleet.folder,
    program: programForUsers(),
    roster: places.roster === null ? null : { path: places.roster, text: prepared.text },
    handOver: isTerminal ? handOver : null,
    keep: all => writePending(places.pending, all),
    onStep: result => {
      if (result.name !== 'ask' && result.state !== 'to-do')
        write({ user: result.user, step: result.name, result: resultWord(result) })
      if (!flags.json) print(resultLines(result, steps))
    },
  })
  const shown: StepResult[] = steps
    .filter(step => !doable.includes(step))
    .map(step => ({ ...step, ...unshown, state: 'left' }))
  if (!flags.json) for (const result of shown) print(resultLines(result, steps))
  const results = [...ended.results, ...shown]

  const told = await tell(ended.pending, prepared, results, applying, by)
  keepApplied(prepared, results, applying)
  const isLeft = results.some(({ state }) => state !== 'done')
  if (flags.json) print([jsonText(objectOf(commit, results, { dryRun: false, told: told.kind }))])
  else if (results.length === 0 && told.kind === 'nothing')
    print(['Nothing to do: all users are as the roster has them.'])
  if (told.kind === 'failed') say(`The people outside could not be told: ${told.why}`)
  return isLeft || told.kind === 'failed' ? 4 : 0
}

const unshown = {
  trouble: 'a token is shown at a terminal only',
  command: 'sudo claude-auth roster apply',
}

function resultWord({ state, trouble }: StepResult): string {
  return trouble === null ? state : `failed: ${trouble}`
}

/** Once, at a terminal: whoever reads it gives it to its user, who opens it within the hour. */
function handOver(user: string, wrapping: string): void {
  process.stdout.write(
    `\nFor ${clean(user, 64)} alone; opens once, within the hour:\n  ${wrapping}\n\n`,
  )
}

type ToldEnd = { kind: 'sent' | 'nobody' | 'nothing' } | { kind: 'failed'; why: string }

/** Who is told of was completed, now or by a run before; what could not be delivered is told by the next apply. */
async function tell(
  pending: Pending,
  { differences, found }: Prepared,
  results: readonly StepResult[],
  { context, places, wishes, env }: Applying,
  by: string,
): Promise<ToldEnd> {
  const { person, config, network, now } = context
  const isWhole = (user: string) =>
    results.every(
      result => result.user !== user || result.state === 'done' || result.name === 'ask',
    )
  const isMeant = (user: string) => wishes.flags.user === undefined || wishes.flags.user === user
  const active = new Set(differences.active.map(({ user }) => user))
  const entries = Object.entries(pending)
  // One who was added and is listed no more was told of by nobody, and there is nothing to tell.
  const stale = entries.filter(([user, { what }]) => (what === 'added') !== active.has(user))
  const due = entries.filter(
    entry => !stale.includes(entry) && isMeant(entry[0]) && isWhole(entry[0]),
  )
  const forget = (gone: typeof entries) => {
    const rest = entries.filter(entry => !gone.includes(entry))
    if (gone.length > 0) writePending(places.pending, Object.fromEntries(rest))
  }
  const [first, ...more] = due.map(([user, { what, why }]): ToldPerson => ({ user, what, why }))
  if (first === undefined) {
    forget(stale)
    return { kind: 'nothing' }
  }
  const told = await sendNow(
    {
      config,
      person,
      env,
      network,
      context: { user: person.user, host: found.facts.host, email: null, runbook: null },
    },
    {
      kind: 'people',
      id: `people-${freshNonce()}`,
      atMs: now(),
      sinceMs: now(),
      sentTo: [],
      only: null,
      told: { by, people: [first, ...more] },
    },
  )
  if (told.kind === 'failed') return { kind: 'failed', why: clean(troubleText(told.trouble), 300) }
  forget([...stale, ...due])
  return { kind: told.kind }
}

/** Last of all: until then a run that is killed finds the same differences again. */
function keepApplied(
  { rows, commit, applied, found }: Prepared,
  results: readonly StepResult[],
  { context, places, wishes }: Applying,
): void {
  const only = wishes.flags.user
  const unfinished = new Set(
    results.flatMap(({ user, state }) => (state === 'done' || user === null ? [] : [user])),
  )
  const endings = found.facts.ending.map(({ user }) => user)
  const open = new Set(endings.filter(user => unfinished.has(user)))
  const before = applied?.users ?? []
  const all = carriedOut(before, rows, open)
  const users =
    only === undefined
      ? all
      : [...before.filter(({ user }) => user !== only), ...all.filter(({ user }) => user === only)]
  if (applied !== null && applied.commit === commit.sha && isSame(users, before)) return
  const appliedAt = new Date(context.now()).toISOString()
  writeApplied(places.applied, { commit: commit.sha, appliedAt, users })
}

/** `ada as root@ws1` behind sudo. */
function actorOf({ user, host }: AdminContext['person'], env: Env): string {
  const caller = env['SUDO_USER']
  const isOther = caller !== undefined && caller !== user && /^[\w.-]{1,64}$/.test(caller)
  return `${isOther ? `${caller} as ` : ''}${user}@${host}`
}

function objectOf(
  { sha, subject }: RosterCommit,
  steps: readonly (PlannedStep | StepResult)[],
  { dryRun, told }: { dryRun: boolean; told: ToldEnd['kind'] | null },
) {
  const objects = steps.map(stepObject)
  const isDone = objects.every(({ state }) => state === 'done')
  return {
    schemaVersion: 1,
    commit: { sha, subject: clean(subject, 200) },
    dryRun,
    steps: objects,
    told,
    verdict: isDone && told !== 'failed' ? 'ok' : 'attention',
  }
}

function print(lines: string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
}

function say(words: string): void {
  process.stderr.write(`${linePrefix}${clean(words, 500)}\n`)
}
