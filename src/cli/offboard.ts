// `claude-auth offboard`: looks, refuses or asks, carries a stage out, and looks again.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasLeft as isMarked } from '../config/config.js'
import { problemLine } from '../config/problem.js'
import { parseYaml, readYamlFile, rosterLimits, type YamlFile } from '../config/yaml.js'
import { ownLogins } from '../engine/login-context.js'
import { programForUsers } from '../install/uninstall-system.js'
import { removeLeftovers } from '../install/uninstall-user.js'
import { type Acted, actOn, seenAgain } from '../offboard/act.js'
import { adminDeedsOf, appendAdminJournal } from '../offboard/admin-journal.js'
import { machineFactsOf } from '../offboard/host-steps.js'
import { offboardLines, offboardObject } from '../offboard/offboard-text.js'
import { othersKeys } from '../offboard/others-keys.js'
import {
  cutAtMs,
  isOursDone,
  nextOf,
  type OffboardFacts,
  type PlannedStep,
  type Refusal,
  refusalBack,
  refusalOf,
  standingOf,
  stepsBack,
  stepsOf,
} from '../offboard/stages.js'
import type { Stage } from '../offboard/step.js'
import { vaultFactsOf } from '../offboard/vault-facts.js'
import { type Cause, mintStep } from '../offboard/vault-steps.js'
import { exitCodes, type Verdict } from '../policy/outcome.js'
import { committedRoster } from '../roster/committed.js'
import { hasLeft, type RosterRow, rosterRows } from '../roster/roster-file.js'
import type { StoreTrouble } from '../store/store.js'
import type { SiteVault } from '../store/vault/site.js'
import { askLine, askYes } from '../system/ask.js'
import { AuthError } from '../system/error.js'
import { type Env, ownPaths } from '../system/paths.js'
import { quoted } from '../system/trouble.js'
import { whoAmI } from '../system/users.js'
import { clean, jsonText } from '../text/clean.js'
import { dateTimeWords } from '../text/durations.js'
import { inkFor, widthOf } from '../text/terminal.js'
import { troubleSentence } from '../text/trouble.js'
import { type AdminContext, adminContext, siteVault } from './admin-context.js'
import { type FlagValues, readFlags } from './command.js'
import { entry } from './offboard-flags.js'

type Flags = FlagValues<typeof entry>

/** Gives the exit code of what was done, or of where the user stands. */
export async function offboard(argv: string[], env: Env): Promise<number> {
  const { flags, operands } = readFlags(entry, argv)
  const user = userIn(operands[0] ?? '')
  if (flags['as-user'] === 'erase') return erase(user, env)
  const stage = stageIn(flags)
  const isChange = stage !== null && !flags['dry-run']
  if (isChange && process.geteuid?.() !== 0)
    throw new AuthError('usage', 'offboard: changes are made as root', {
      hint: `sudo claude-auth offboard ${user}`,
    })
  const context = await adminContext(env)
  const cause = causeOf(flags, context, env)
  const mustKnowTier = stage !== null && stage !== 'undo' && !flags.admin
  const rows = await rosterOf(user, context, env, { stage, mustKnowTier })
  const who = { user, vaultName: rows.row?.vaultName ?? user }
  const vault = await vaultOf(context)
  if (vault !== null && 'trouble' in vault) return away(vault, { user, stage }, flags)
  const site = { context, vault, who, cause }
  const facts = await factsOf(site)
  if ('trouble' in facts) return away(facts, { user, stage }, flags)
  if (stage === null && isUnknown(facts) && rows.row === null) throw refused(nobody(user))
  if (stage === null) return standing(facts, flags, env)

  const why = await refusalFor(facts, stage, { rows, flags, context })
  if (why !== null) throw refused(why)
  const planned = stage === 'undo' ? stepsBack(facts) : stepsOf(facts, stage)
  if (flags['dry-run']) {
    await tell({ facts, stage, steps: planned, isDry: true, isAway: false }, flags, env)
    return 0
  }
  const isEmpty = planned.every(({ state }) => state !== 'to-do')
  if (!isEmpty) {
    if (stage === 'destroy') await refuseOthers(facts, vault, flags)
    if (!(await isWanted(user, stage, flags))) return 1
  }
  const acted = await carriedOut(site, facts, planned, stage)
  await tell({ ...acted, stage, isDry: false }, flags, env)
  return codeOf(acted)
}

interface Site {
  context: AdminContext
  vault: SiteVault | null
  who: { user: string; vaultName: string }
  cause: Cause
}

function userIn(word: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(word) && !word.includes('..')) return word
  throw new AuthError('usage', 'offboard: USER is no name of a user', {
    hint: 'claude-auth offboard --help',
  })
}

function stageIn(flags: Flags): Stage | 'undo' | null {
  if (flags.undo && flags.stage !== undefined && flags.stage !== 'cut')
    throw new AuthError('usage', 'offboard: --undo takes back a cut, and no other stage')
  if (flags.undo) return 'undo'
  return (flags.stage as Stage | undefined) ?? null
}

function causeOf({ reason = '' }: Flags, { person, now }: AdminContext, env: Env): Cause {
  const caller = env['SUDO_USER']
  const self = `${person.user}@${person.host}`
  const by = caller && caller !== person.user ? `${clean(caller, 60)} as ${self}` : self
  return { by, why: clean(reason, 300), nowMs: now() }
}

async function vaultOf(context: AdminContext): Promise<SiteVault | StoreTrouble | null> {
  const { vaultServer, offboard } = context.config
  return vaultServer === null ? null : siteVault(context, offboard.auth)
}

async function factsOf({
  context,
  vault,
  who,
  cause,
}: Site): Promise<OffboardFacts | StoreTrouble> {
  const machine = await machineFactsOf(who.user)
  const { fleet, offboard } = context.config
  const found =
    vault === null
      ? null
      : await vaultFactsOf(vault, {
          vaultName: who.vaultName,
          uid: machine?.account.uid ?? null,
          recordFolder: fleet.folder,
        })
  if (found !== null && 'kind' in found) return found
  return {
    user: who.user,
    host: context.person.host,
    vault: found,
    machine,
    deeds: adminDeedsOf(who.user),
    hasSiteProgram: offboard.command !== null,
    cause,
  }
}

// The roster: a user who is still listed would come back.

interface RosterSays {
  row: RosterRow | null
  /** Where in the committed roster an active row stands, and what it should say; null: there is none. */
  active: string | null
}

async function rosterOf(
  user: string,
  { config, person, now }: AdminContext,
  env: Env,
  { stage, mustKnowTier }: { stage: Stage | 'undo' | null; mustKnowTier: boolean },
): Promise<RosterSays> {
  const { rosterFrom, roster } = config
  if (rosterFrom === null) {
    if (roster === null) return { row: null, active: null }
    const file = readYamlFile(roster.file, rosterLimits)
    if (mustKnowTier) requireTierKnown(file, user)
    return { row: rowIn(file, user), active: null }
  }
  const committed = await committedRoster(rosterFrom, { person, env })
  if (committed.kind === 'unreadable') {
    const { trouble } = committed
    if (stage === null || stage === 'undo') return { row: null, active: null }
    throw new AuthError('config-unreadable', `the committed roster: ${troubleSentence(trouble)}`, {
      hint: 'claude-auth roster check',
    })
  }
  const file = parseYaml(`${rosterFrom.ref}:${rosterFrom.file}`, committed.text, rosterLimits)
  if (mustKnowTier) requireTierKnown(file, user)
  const row = rowIn(file, user)
  if (row === null || hasLeft(row, now()) || !row.isEnrolled) return { row, active: null }
  const today = new Date(now()).toISOString().slice(0, 10)
  const place = file.problem(['users', user], `add "left: ${today}", or take the row out`, 'key')
  return { row, active: problemLine(place) }
}

/** Vault knows users by `vault_name`, and in whatever case: by such a name an admin would pass for somebody not listed. */
function rowIn(file: YamlFile, user: string): RosterRow | null {
  const { rows } = rosterRows(file)
  const row = rows.find(each => each.user === user) ?? null
  const isMeant = (name: string) => name.toLowerCase() === user.toLowerCase()
  const other = rows.find(({ user: name, vaultName }) => isMeant(name) || isMeant(vaultName))
  if (row !== null || other === undefined) return row
  throw new AuthError('usage', `offboard: the roster calls this user ${clean(other.user, 60)}`, {
    hint: `claude-auth offboard ${quoted(clean(other.user, 60))}`,
  })
}

/** A roster or a tier that cannot be read says of nobody that they are no admin. */
function requireTierKnown(file: YamlFile, user: string): void {
  const { rows, problems } = rosterRows(file)
  const own = ['', '.tier'].map(key => `users.${user}${key}`)
  const slip = problems.find(({ key }) => rows.length === 0 || own.includes(key))
  if (slip === undefined) return
  throw new AuthError(
    'config-invalid',
    `offboard: who is an admin is not known: ${problemLine(slip)}`,
    {
      hint: `claude-auth roster check   (or, if it cannot wait: offboard ${user} … --admin)`,
    },
  )
}

async function refusalFor(
  facts: OffboardFacts,
  stage: Stage | 'undo',
  { rows, flags, context }: { rows: RosterSays; flags: Flags; context: AdminContext },
): Promise<Refusal | null> {
  const { user } = facts
  if (stage === 'undo') return refusalBack(facts)
  if (facts.vault === null && facts.machine === null)
    return {
      why: `nobody is called ${user} here, and no Vault is configured`,
      hint: `getent passwd ${user}`,
    }
  if (isUnknown(facts) && rows.row === null) return nobody(user)
  if (rows.row?.isAdmin && !flags.admin)
    return {
      why: `${user} is of the tier admin`,
      hint: `claude-auth offboard ${user} --stage ${stage} --admin`,
    }
  const isUrgent = stage === 'cut' && flags.now
  if (rows.active !== null && !isUrgent)
    return {
      why: `the committed roster lists ${user} still, who would come back: ${rows.active}`,
      hint: `claude-auth offboard ${user} --stage cut --now   (a cut that can't wait)`,
    }
  const { nowMs } = facts.cause
  return refusalOf(facts, stage, {
    waitMs: context.config.offboard.waitMs,
    isNow: flags.now ?? false,
    untilWords: ms => `from ${dateTimeWords(ms, nowMs)} on`,
  })
}

function nobody(user: string): Refusal {
  return {
    why: `nobody is called ${user}: neither Vault, this machine nor the roster knows them`,
    hint: 'claude-auth fleet',
  }
}

function isUnknown({ vault, machine, deeds }: OffboardFacts): boolean {
  const isInVault =
    vault !== null &&
    (vault.entities.length > 0 ||
      vault.documents.length > 0 ||
      vault.record !== null ||
      vault.policy.state === 'open' ||
      vault.policy.state === 'cut')
  return !isInVault && machine === null && deeds.length === 0
}

function refused({ why, hint }: Refusal): AuthError {
  return new AuthError('usage', `offboard: ${why}`, { hint })
}

/** A document may hold what somebody else keeps there; nobody deletes that without a word. */
async function refuseOthers(
  facts: OffboardFacts,
  vault: SiteVault | null,
  flags: Flags,
): Promise<void> {
  if (vault === null || facts.vault === null) return
  const names = await othersKeys(vault, facts.vault)
  if ('trouble' in names) {
    if (flags['with-others']) return
    throw new AuthError('usage', `offboard: ${troubleSentence(names.trouble)}`, {
      hint: `claude-auth offboard ${facts.user} --stage destroy --with-others`,
    })
  }
  if (names.length === 0) return
  const shown = names
    .slice(0, 20)
    .map(name => clean(name, 60))
    .join(', ')
  const more = names.length > 20 ? ` and ${names.length - 20} more` : ''
  if (!flags['with-others'])
    throw new AuthError(
      'usage',
      `offboard: the document also holds keys of others: ${shown}${more}`,
      {
        hint: `claude-auth offboard ${facts.user} --stage destroy --with-others   (they are deleted, too)`,
      },
    )
  process.stderr.write(`claude-auth: keys of others go with the document: ${shown}${more}\n`)
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
      `${stage === 'undo' ? 'Take the cut back of' : stage === 'cut' ? 'Cut' : 'Revoke'} ${user}? [Y/n] `,
    )
  throw new AuthError('usage', 'offboard: without a terminal it needs --yes', {
    hint: `claude-auth offboard ${user} ${stage === 'undo' ? '--undo' : `--stage ${stage}`} --yes`,
  })
}

interface Done extends Acted {
  facts: OffboardFacts
}

/** Written down before the first step, and after each: what can't be written down is not done. */
async function carriedOut(
  site: Site,
  facts: OffboardFacts,
  planned: PlannedStep[],
  stage: Stage | 'undo',
): Promise<Done> {
  const { context, vault, cause } = site
  const deed = (step: string, result: string) =>
    appendAdminJournal({
      at: new Date(context.now()).toISOString(),
      who: cause.by,
      command: `offboard ${stage}`,
      user: facts.user,
      step,
      why: cause.why,
      result,
    })
  const onEnd = ({ id, state, detail }: PlannedStep) =>
    deed(id, state === 'failed' ? `failed: ${detail}` : state)
  const isEmpty = planned.every(({ state }) => state !== 'to-do')
  if (!isEmpty) deed('begin', 'begun')
  const doers = {
    vault,
    program: programForUsers(),
    siteCommand: context.config.offboard.command,
    onEnd,
  }
  const acted = await actOn(facts, planned, doers)
  if (acted.isAway) return { ...acted, facts }
  const after = await factsOf(site)
  if ('trouble' in after) return { ...acted, facts, isAway: after.kind === 'unreachable' }
  const now =
    stage === 'undo' ? stepsBack(after) : stage === 'destroy' ? gone(after) : stepsOf(after, stage)
  const steps = seenAgain(acted.steps, now)
  const mint =
    stage === 'cut' && after.vault !== null && isOursDone(steps) ? mintStep(after.vault) : null
  if (mint === null) return { steps, facts: after, isAway: false }
  const tried = await actOn(after, [{ ...mint, stage: 'cut' }], {
    ...doers,
    onEnd: step => step.state === 'failed' && onEnd(step),
  })
  return { steps: [...steps, ...tried.steps], facts: after, isAway: tried.isAway }
}

/** What is still there is to be done still. */
function gone(after: OffboardFacts): PlannedStep[] {
  return stepsOf(after, 'destroy').filter(({ where }) => where === 'vault')
}

// What is told.

interface Told extends Done {
  stage: Stage | 'undo'
  isDry: boolean
}

async function standing(facts: OffboardFacts, flags: Flags, env: Env): Promise<number> {
  const at = standingOf(facts)
  const reached = at === 'active' ? [] : stepsOf(facts, 'cut')
  const revoked = at === 'revoked' || at === 'destroyed' ? stepsOf(facts, 'revoke') : []
  const steps = [...reached, ...revoked]
  const isOpen = at !== 'active' && steps.some(({ state }) => state !== 'done')
  const verdict: Verdict = isOpen ? 'attention' : 'ok'
  await print({ facts, stage: null, steps, verdict, isDry: false }, flags, env)
  return exitCodes[verdict]
}

async function tell(
  { facts, stage, steps, isDry, isAway }: Told,
  flags: Flags,
  env: Env,
): Promise<void> {
  const verdict = isDry ? 'ok' : verdictOf({ steps, isAway })
  await print({ facts, stage, steps, verdict, isDry }, flags, env)
}

function verdictOf({ steps, isAway }: Acted): Verdict {
  if (isAway) return 'no-answer'
  if (steps.some(({ state }) => state === 'failed')) return 'broken'
  return steps.every(({ state }) => state === 'done') ? 'ok' : 'attention'
}

function codeOf(acted: Acted): number {
  return exitCodes[verdictOf(acted)]
}

async function print(
  told: {
    facts: OffboardFacts
    stage: Stage | 'undo' | null
    steps: PlannedStep[]
    verdict: Verdict
    isDry: boolean
  },
  flags: Flags,
  env: Env,
): Promise<void> {
  const { facts, stage, steps, verdict, isDry } = told
  const next = isDry ? null : nextOf(facts)
  const about = {
    user: facts.user,
    standing: standingOf(facts),
    stage,
    steps,
    next,
    verdict,
    isDry,
  }
  const note = facts.vault?.documents.find(each => each.note !== null)?.note ?? null
  const text = flags.json
    ? [jsonText(offboardObject(about))]
    : offboardLines(
        { ...about, note, cutAtMs: cutAtMs(facts), nowMs: facts.cause.nowMs },
        widthOf(process.stdout),
        await inkFor(env, process.stdout.isTTY === true),
      )
  process.stdout.write(`${text.join('\n')}\n`)
}

/** Vault can't be asked: nothing was changed. */
function away(
  { kind, trouble }: StoreTrouble,
  { user, stage }: { user: string; stage: Stage | 'undo' | null },
  flags: Flags,
): number {
  const verdict: Verdict = kind === 'unreachable' ? 'no-answer' : 'broken'
  if (flags.json)
    process.stdout.write(
      `${jsonText({ schemaVersion: 1, user, stage, steps: [], next: null, verdict })}\n`,
    )
  const command =
    trouble.command ??
    (kind === 'unreachable' ? `claude-auth offboard ${user}` : 'claude-auth doctor')
  process.stderr.write(
    `claude-auth: offboard: ${clean(troubleSentence(trouble), 400)}; nothing was changed\nhint: ${clean(command, 200)}\n`,
  )
  return kind === 'unreachable' ? 5 : 2
}

/** In the user's own home, as that user: what claude-auth keeps there, and nothing else. */
async function erase(user: string, env: Env): Promise<number> {
  const person = whoAmI(env)
  if (person.user !== user || !isMarked(person.uid))
    throw new AuthError('usage', 'offboard: --as-user is for who was marked as left', {
      hint: 'claude-auth offboard --help',
    })
  const logins = await ownLogins(env)
  const { localStore, configFolder } = ownPaths(env, person.home)
  rmSync(localStore, { recursive: true, force: true })
  for (const name of ['vault-token', 'jwt'])
    rmSync(join(configFolder, name), { recursive: true, force: true })
  for (const { config } of logins)
    if (config?.vault?.auth.method === 'token') rmSync(config.vault.auth.tokenFile, { force: true })
  return removeLeftovers(logins, env) ? 0 : 1
}
