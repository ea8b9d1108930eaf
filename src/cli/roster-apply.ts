// `claude-auth roster plan` and `apply`: shows the plan, asks, and prints what came of it.

import { programForUsers } from '../install/uninstall-system.js'
import { actorOf } from '../offboard/admin-journal.js'
import type { StepResult } from '../roster/act.js'
import { applyRoster, type ToldEnd, untoldUsers } from '../roster/apply.js'
import type { RosterCommit } from '../roster/committed.js'
import { rosterPlaces } from '../roster/memory.js'
import type { RosterStep } from '../roster/plan.js'
import { type Prepared, prepareRoster, type Refused, type RosterRun } from '../roster/prepare.js'
import {
  commitWords,
  countWords,
  planLines,
  resultLines,
  stepObject,
  untoldLines,
  widthsOf,
} from '../roster/roster-text.js'
import { askYes } from '../system/ask.js'
import { enterGate } from '../system/gate.js'
import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { clean, jsonText } from '../text/clean.js'
import { linePrefix } from '../text/terminal.js'
import { type AdminContext, adminContext, siteVault } from './admin-context.js'
import { errorObjectText } from './errors.js'

export interface ApplyWishes {
  /** Looks, and changes nothing. */
  isDry: boolean
  flags: { yes?: boolean; user?: string; json?: boolean }
  removals: number | null
}

/** Another apply is waited for so long. */
const gateWaitMs = 60_000
/** For the plan and a person's yes, and then for each step: 20,000 users take an hour and more. */
const stepMs = 30 * 60_000

/** 0: nothing to do, or all done; 4: steps are left; 1, 2, 5: nothing was done, and stderr says why. */
export async function rosterApply(wishes: ApplyWishes, env: Env): Promise<number> {
  const { isDry, flags, removals } = wishes
  const context = await adminContext(env)
  const { person, config, now } = context
  const run: RosterRun = {
    person,
    config,
    env,
    now,
    places: rosterPlaces(person),
    openVault: () => siteVault(context, config.offboard.auth, { isKept: true }),
  }
  const prepare = () => prepareRoster(run, { user: flags.user ?? null, removals })
  if (isDry) {
    const prepared = await prepare()
    return 'exitCode' in prepared ? refuse(prepared, flags) : showPlan(prepared, flags)
  }
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  if (!flags.yes && (!isTerminal || flags.json))
    throw new AuthError('usage', 'roster: apply asks at a terminal; elsewhere it needs --yes', {
      hint: 'claude-auth roster plan',
    })
  const gate = enterGate(run.places.gate, null, gateWaitMs, { mostMs: stepMs })
  try {
    const prepared = await prepare()
    if ('exitCode' in prepared) return await refuse(prepared, flags)
    if (!(await isWanted(prepared, flags))) {
      say('Nothing was done.')
      return 4
    }
    return await apply(prepared, run, { ...context, ...flags, goOn: gate.extend })
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

function showPlan(prepared: Prepared, { json, user }: ApplyWishes['flags']): number {
  const { steps, commit, rows } = prepared
  const untold = untoldUsers(prepared, user ?? null)
  const isDone = steps.length === 0 && untold.length === 0
  if (json) {
    const object = objectOf(commit, steps, { dryRun: true, told: null })
    print([jsonText(isDone ? object : { ...object, verdict: 'attention' })])
  } else {
    print([`Roster as of ${commitWords(commit)} (${rows.length} users)`, ...planLines(steps)])
    print(untoldLines(untold))
    const count = steps.length === 0 ? [] : [`${countWords(steps)}.`]
    print(isDone ? [nothingToDo] : [...count, 'To carry it out: sudo claude-auth roster apply'])
  }
  return isDone ? 0 : 4
}

const nothingToDo = 'Nothing to do: all users are as the roster has them.'

/** Asks at the terminal, unless --yes was given or there is nothing to carry out. */
async function isWanted({ steps }: Prepared, { yes }: ApplyWishes['flags']): Promise<boolean> {
  if (yes || steps.every(({ name }) => name === 'ask')) return true
  process.stderr.write(`${planLines(steps).join('\n')}\n`)
  return askYes('Carry this out? [Y/n] ')
}

async function apply(
  prepared: Prepared,
  run: RosterRun,
  {
    network,
    user,
    json,
    goOn,
  }: Pick<AdminContext, 'network'> & ApplyWishes['flags'] & { goOn: () => void },
): Promise<number> {
  const widths = widthsOf(prepared.steps)
  const { results, told } = await applyRoster(prepared, {
    ...run,
    network,
    by: actorOf(run.person, run.env),
    program: programForUsers(),
    only: user ?? null,
    handOver: process.stdout.isTTY === true && !json ? handOver : null,
    onStep: result => {
      goOn()
      if (!json) print(resultLines(result, widths))
    },
  })
  if (json)
    print([jsonText(objectOf(prepared.commit, results, { dryRun: false, told: told.kind }))])
  else if (results.length === 0 && told.kind === 'nothing') print([nothingToDo])
  if (told.kind === 'failed')
    say(`The message about who was added or cut was not delivered: ${told.why}`)
  return results.some(({ state }) => state !== 'done') || told.kind === 'failed' ? 4 : 0
}

/** Once, at a terminal: the admin gives it to its user, who opens it within the hour. */
function handOver(user: string, wrapping: string): void {
  process.stdout.write(
    `\nFor ${clean(user, 64)} alone; opens once, within the hour:\n  ${wrapping}\n\n`,
  )
}

function objectOf(
  { sha, subject }: RosterCommit,
  steps: readonly (RosterStep | StepResult)[],
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
