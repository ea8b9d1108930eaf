// `claude-auth offboard`: reads what was typed, asks, and prints where the user stands or what a stage has come to.

import { setTimeout as sleep } from 'node:timers/promises'
import { programForUsers } from '../install/uninstall-system.js'
import { callerOf, causeOf } from '../offboard/admin-journal.js'
import {
  type CarriedOut,
  carryOut,
  hasWork,
  planOf,
  stepsToTick,
  tickOff,
} from '../offboard/execute.js'
import { gatherFacts, type OffboardFacts, type Subject } from '../offboard/facts.js'
import { awayObject, offboardLines, offboardObject } from '../offboard/offboard-text.js'
import { othersGo } from '../offboard/others-keys.js'
import { type Refusal, refusalOf, refusedUnknown } from '../offboard/refusal.js'
import { type RosterSays, rosterSays } from '../offboard/roster-says.js'
import type { PlannedStep } from '../offboard/stages.js'
import { type OffboardVerdict, standingSteps, verdictOf } from '../offboard/standing.js'
import type { Stage } from '../offboard/step.js'
import { exitCodes } from '../policy/outcome.js'
import type { StoreTrouble } from '../store/store.js'
import { askLine, askYes } from '../system/ask.js'
import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { clean, cleanLine, jsonText } from '../text/clean.js'
import { inkFor, linePrefix, widthOf } from '../text/terminal.js'
import { troubleSentence } from '../text/trouble.js'
import { type AdminContext, adminContext, siteVault } from './admin-context.js'
import { readFlags } from './command.js'
import { offboardAsUser } from './offboard-as-user.js'
import { type Asked, askedIn, entry, type Flags, requireRoot, userIn } from './offboard-flags.js'

/** Gives the exit code of what was done, or of where the user stands. */
export async function offboard(argv: string[], env: Env): Promise<number> {
  const { flags, operands } = readFlags(entry, argv)
  const user = userIn(operands[0] ?? '')
  const part = flags['as-user']
  if (part === 'logout' || part === 'erase') return offboardAsUser(user, part, env)
  const asked = askedIn(flags)
  requireRoot(user, asked, flags)
  const context = await adminContext(env)
  const roster = await rosterOf(user, asked, { context, flags, env })
  const subject = await subjectOf(user, roster, { context, flags, env })
  if ('trouble' in subject) return away(subject, { user, asked }, flags)
  const facts = await gatherFacts(subject)
  if ('trouble' in facts) return away(facts, { user, asked }, flags)
  if (flags.done !== undefined) {
    refuse(refusedUnknown(facts, roster))
    return ticked(facts, subject, flags, env)
  }
  if (asked === null) {
    refuse(refusedUnknown(facts, roster))
    return print(
      { facts, stage: null, ...standingSteps(facts), isDry: false, isSeen: true },
      flags,
      env,
    )
  }
  const { waitMs } = context.config.offboard
  const wishes = {
    caller: callerOf(env) ?? context.person.user,
    isForAdmin: flags.admin ?? false,
    isNow: flags.now ?? false,
    isWithOthers: flags['with-others'] ?? false,
    waitMs,
  }
  refuse(refusalOf(facts, asked, roster, wishes))
  const planned = planOf(facts, asked)
  if (flags['dry-run'])
    return print(
      { facts, stage: asked, steps: planned, verdict: 'ok', isDry: true, isSeen: true },
      flags,
      env,
    )
  if (hasWork(planned)) {
    if (asked === 'destroy') await refuseOthers(subject, facts, flags)
    if (!(await isWanted(user, asked, flags))) {
      say('Nothing was changed.')
      return 1
    }
  }
  const ended = await carriedOut(asked, { subject, facts, planned }, context)
  return print({ ...ended, stage: asked, verdict: verdictOf(ended), isDry: false }, flags, env)
}

interface Given {
  context: AdminContext
  flags: Flags
  env: Env
}

function rosterOf(user: string, asked: Asked, { context, flags, env }: Given): Promise<RosterSays> {
  const { person, config, now } = context
  // On another host the roster was asked where the stage began; what it says of an admin counts.
  const isStage = asked !== null && asked !== 'undo'
  return rosterSays({
    user,
    person,
    config,
    env,
    nowMs: now(),
    isNeeded: isStage && !(flags.here && flags.admin),
    mustKnowTier: isStage && !flags.admin,
  })
}

/** Trouble: the sign-in to Vault. */
async function subjectOf(
  user: string,
  { row }: RosterSays,
  { context, flags, env }: Given,
): Promise<Subject | StoreTrouble> {
  const { person, config, now } = context
  const { vaultServer, offboard, fleet } = config
  const isHereOnly = flags.here ?? false
  const vault = vaultServer === null || isHereOnly ? null : await siteVault(context, offboard.auth)
  if (vault !== null && 'trouble' in vault) return vault
  return {
    user,
    vaultName: row?.vaultName ?? user,
    host: person.host,
    vault,
    recordFolder: fleet.folder,
    publishesRecords: fleet.publish,
    hasSiteProgram: offboard.command !== null,
    cause: causeOf(person, env, { why: flags.reason ?? '', nowMs: now() }),
    isHereOnly,
  }
}

/** Writes down what a person has done, and prints where the user stands then. */
async function ticked(
  facts: OffboardFacts,
  subject: Subject,
  flags: Flags,
  env: Env,
): Promise<number> {
  const isBack = flags.undo ?? false
  const found = stepsToTick(facts, flags.done ?? '', isBack)
  refuse(found.refusal)
  if (found.refusal === null) tickOff(facts, found.steps, isBack)
  const after = await gatherFacts(subject)
  const { user } = facts
  if ('trouble' in after) return away(after, { user, asked: null }, flags)
  const steps = isBack ? planOf(after, 'undo') : null
  const told = steps
    ? { stage: 'undo' as const, steps, verdict: verdictOf({ steps, isAway: false }) }
    : { stage: null, ...standingSteps(after) }
  return print({ facts: after, ...told, isDry: false, isSeen: true }, flags, env)
}

function carriedOut(
  stage: Stage | 'undo',
  {
    subject,
    facts,
    planned,
  }: { subject: Subject; facts: OffboardFacts; planned: readonly PlannedStep[] },
  { config, now }: AdminContext,
): Promise<CarriedOut> {
  return carryOut(facts, planned, {
    stage,
    vault: subject.vault,
    program: programForUsers(),
    siteCommand: config.offboard.command,
    now,
    sleep,
    gatherAgain: () => gatherFacts(subject),
  })
}

function refuse(refusal: Refusal | null): void {
  if (refusal === null) return
  throw new AuthError('usage', `offboard: ${refusal.why}`, { hint: refusal.hint })
}

async function refuseOthers({ vault }: Subject, facts: OffboardFacts, flags: Flags): Promise<void> {
  const others = await othersGo(vault, facts, flags['with-others'] ?? false)
  refuse(others.refusal)
  if (others.refusal === null && others.warning !== null) say(others.warning)
}

async function isWanted(user: string, stage: Stage | 'undo', flags: Flags): Promise<boolean> {
  const hasTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  if (stage === 'destroy') {
    if (flags.yes && flags.now) return true
    if (hasTerminal)
      return (
        (await askLine(`All that is stored of ${user} is deleted, for good. Type the name: `)) ===
        user
      )
    throw new AuthError('usage', 'offboard: without a terminal, destroy needs --yes and --now', {
      hint: `claude-auth offboard ${user} --stage destroy --yes --now`,
    })
  }
  if (flags.yes) return true
  if (hasTerminal)
    return askYes(
      `${{ undo: 'Take the cut back of', cut: 'Cut', revoke: 'Revoke' }[stage]} ${user}? [Y/n] `,
    )
  throw new AuthError('usage', 'offboard: without a terminal it needs --yes', {
    hint: `claude-auth offboard ${user} ${stage === 'undo' ? '--undo' : `--stage ${stage}`} --yes`,
  })
}

interface Told {
  facts: OffboardFacts
  stage: Asked
  steps: readonly PlannedStep[]
  verdict: OffboardVerdict
  isDry: boolean
  isSeen: boolean
}

/** Gives the exit code. */
async function print(told: Told, flags: Flags, env: Env): Promise<number> {
  const text = flags.json
    ? [jsonText(offboardObject(told))]
    : offboardLines(told, widthOf(process.stdout), await inkFor(env, process.stdout.isTTY === true))
  process.stdout.write(`${text.join('\n')}\n`)
  if (!told.isSeen)
    say('offboard: Vault could not be looked at again; run the same command to complete it')
  return exitCodes[told.verdict]
}

/** Vault can't be asked: nothing was changed. */
function away(
  { kind, trouble }: StoreTrouble,
  { user, asked }: { user: string; asked: Asked },
  flags: Flags,
): number {
  const isAway = kind === 'unreachable'
  if (flags.json) process.stdout.write(`${jsonText(awayObject(user, asked, isAway))}\n`)
  const command = isAway ? `claude-auth offboard ${user}` : 'claude-auth doctor'
  say(`offboard: ${clean(troubleSentence(trouble), 400)}; nothing was changed`)
  process.stderr.write(`hint: ${clean(trouble.command ?? command, 200)}\n`)
  return isAway ? 5 : 2
}

function say(words: string): void {
  process.stderr.write(`${linePrefix}${cleanLine(words)}\n`)
}
