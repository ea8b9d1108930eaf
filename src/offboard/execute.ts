// Executing a stage: each step is done and journaled in turn, by us or ticked off by a person, and then looked at again.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import type { Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { troubleText } from '../text/trouble.js'
import { appendAdminJournal, begin } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import { actOnHost, type UserProgram } from './host-actions.js'
import type { HostAction } from './host-steps.js'
import type { Refusal } from './refusal.js'
import { runSiteStep, siteStepObject } from './site-program.js'
import type { SiteAction } from './site-steps.js'
import { isOursDone, type PlannedStep, stepsBack, stepsOf } from './stages.js'
import { type Stage, stages } from './step.js'
import { actInVault, failedStep } from './vault-actions.js'
import { mintStep, type VaultAction, vaultStep } from './vault-steps.js'

export interface CarryOutOptions {
  stage: Stage | 'undo'
  /** Null where the configuration names no Vault. */
  vault: SiteVault | null
  program: UserProgram
  siteCommand: readonly string[] | null
  now: () => number
  sleep: (ms: number) => Promise<unknown>
  /** Looks once more. */
  lookAgain: () => Promise<OffboardFacts | StoreTrouble>
}

/** What a stage has come to. */
export interface CarriedOut extends Acted {
  /** As they are afterwards; as before unless `isSeen`. */
  facts: OffboardFacts
  /** It was looked at again. */
  isSeen: boolean
}

/** A node that stands by answers from what it has heard of so far. */
const mostLooks = 4
const betweenLooksMs = 500

/** The steps of a stage, or of the way back. */
export function planOf(facts: OffboardFacts, stage: Stage | 'undo'): PlannedStep[] {
  return stage === 'undo' ? stepsBack(facts) : stepsOf(facts, stage)
}

/** Is anything of it ours, or the site program's, to do? */
export function hasWork(planned: readonly PlannedStep[]): boolean {
  return planned.some(({ state }) => state === 'to-do')
}

/** Throws `write-failed` where a step can't be written down: then it is not begun. */
export async function carryOut(
  facts: OffboardFacts,
  planned: readonly PlannedStep[],
  options: CarryOutOptions,
): Promise<CarriedOut> {
  const { stage, vault, program, siteCommand, lookAgain } = options
  const write = (step: string, result: string) => writeDeed(facts, { step, result }, options)
  const onEnd = ({ id, state, detail }: PlannedStep) =>
    write(id, state === 'failed' ? `failed: ${detail}` : state)
  if (hasWork(planned)) write(begin, 'begun')
  const doers = { vault, program, siteCommand, onEnd }
  const acted = await actOn(facts, planned, doers)
  writeLeft(facts, acted.steps, write)
  if (acted.isAway) return { ...acted, facts, isSeen: false }
  for (let looks = 1; ; looks++) {
    const after = await lookAgain()
    if ('trouble' in after) return unseen(facts, acted, after, stage)
    const steps = seenAgain(acted.steps, stillOpen(after, stage))
    const isSo = steps.every(({ state }, at) => state === acted.steps[at]?.state)
    if (!isSo && looks < mostLooks) {
      await options.sleep(betweenLooksMs)
      continue
    }
    const seen = { steps, isAway: false }
    const tried = stage === 'cut' ? await withMint(after, seen, doers) : seen
    return { ...tried, facts: after, isSeen: true }
  }
}

/** What was done stands, and how things are now is not known. */
function unseen(
  facts: OffboardFacts,
  acted: Acted,
  trouble: StoreTrouble,
  stage: Stage | 'undo',
): CarriedOut {
  if (trouble.kind === 'unreachable') return { ...acted, facts, isAway: true, isSeen: false }
  const verify = vaultStep('verify', 'to-do', 'looked at again', null)
  const failed = failedStep({ ...verify, stage: stage === 'undo' ? 'cut' : stage }, trouble)
  return { facts, steps: [...acted.steps, failed], isAway: false, isSeen: false }
}

/** What is left on other hosts, once each: the documents that name these hosts will be deleted. */
function writeLeft(
  { deeds }: OffboardFacts,
  steps: readonly PlannedStep[],
  write: (step: string, result: string) => void,
): void {
  const isKnown = (id: string) => deeds.some(({ step }) => step === id)
  for (const { id, where, state } of steps)
    if (where === 'machine' && state === 'left' && id.includes(':') && !isKnown(id))
      write(id, 'left')
}

function writeDeed(
  { user, cause }: OffboardFacts,
  { step, result }: { step: string; result: string },
  { stage, now }: CarryOutOptions,
): void {
  const at = new Date(now()).toISOString()
  const command = `offboard ${stage}`
  appendAdminJournal({ at, who: cause.by, command, user, step, why: cause.why, result })
}

/** What is to be compared. A step that erases on this machine leaves nothing behind by which it could be seen. */
function stillOpen(after: OffboardFacts, stage: Stage | 'undo'): PlannedStep[] {
  const steps = planOf(after, stage)
  return stage === 'destroy' ? steps.filter(({ where }) => where === 'vault') : steps
}

/** After a cut: a token that could still be minted would open all again. */
async function withMint(after: OffboardFacts, acted: Acted, doers: Doers): Promise<Acted> {
  const mint = after.vault !== null && isOursDone(acted.steps) ? mintStep(after.vault) : null
  if (mint === null) return acted
  const tried = await actOn(after, [{ ...mint, stage: 'cut' }], {
    ...doers,
    onEnd: step => step.state === 'failed' && doers.onEnd(step),
  })
  return { steps: [...acted.steps, ...tried.steps], isAway: tried.isAway }
}

export interface Doers {
  /** Null where the configuration names no Vault. */
  vault: SiteVault | null
  program: UserProgram
  siteCommand: readonly string[] | null
  /** Is told each step as it ends, before the next begins. Throws where it can't be written down. */
  onEnd: (step: PlannedStep) => void
}

export interface Acted {
  steps: PlannedStep[]
  /** Vault gave no answer on the way. */
  isAway: boolean
}

/** One step that fails keeps none of the others waiting, but those that need all of them. */
export async function actOn(
  facts: OffboardFacts,
  planned: readonly PlannedStep[],
  doers: Doers,
): Promise<Acted> {
  const steps: PlannedStep[] = []
  let isAway = false
  for (const step of planned) {
    const isHeldUp = step.isLast === true && steps.some(isOpen)
    const waits = step.where === 'vault' && isAway
    if (step.state !== 'to-do' || step.action === null || waits || isHeldUp) {
      steps.push(step)
      continue
    }
    const end = await act(facts, step, step.action, doers)
    isAway ||= end.isAway ?? false
    const done: PlannedStep =
      end.trouble === undefined
        ? { ...step, state: end.state }
        : {
            ...step,
            state: end.state,
            detail: `${step.detail}: ${clean(troubleText(end.trouble), 300)}`,
          }
    doers.onEnd(done)
    steps.push(done)
  }
  return { steps, isAway }
}

/** One of ours that is not done; what is left to a person holds up nothing. */
function isOpen({ where, state }: PlannedStep): boolean {
  return where !== 'site' && (state === 'failed' || state === 'to-do')
}

interface StepEnd {
  state: PlannedStep['state']
  trouble?: Trouble
  isAway?: boolean
}

async function act(
  facts: OffboardFacts,
  { stage }: PlannedStep,
  action: VaultAction | HostAction | SiteAction,
  { vault, program, siteCommand }: Doers,
): Promise<StepEnd> {
  const { user, machine, cause } = facts
  const vaultName = facts.vault?.vaultName ?? user
  switch (action.do) {
    case 'mark':
    case 'unmark':
    case 'stop-units':
    case 'start-units':
    case 'logout':
    case 'erase': {
      return machine === null ? { state: 'done' } : actOnHost(action, machine, program)
    }
    case 'site': {
      const about = { user, vaultName, uid: machine?.account.uid ?? null, stage }
      return runSiteStep(siteCommand, siteStepObject(action, about, cause))
    }
    default: {
      const trouble = vault && (await actInVault(vault, vaultName, action))
      if (trouble === null) return { state: 'done' }
      return { state: 'failed', trouble: trouble.trouble, isAway: trouble.kind === 'unreachable' }
    }
  }
}

/** What looking again shows of steps that were done: one whose effect can't be seen has failed. */
export function seenAgain(
  acted: readonly PlannedStep[],
  now: readonly PlannedStep[],
): PlannedStep[] {
  return acted.map(step => {
    const seen = now.find(({ id }) => id === step.id)
    if (step.state !== 'done' || seen === undefined || seen.state !== 'to-do') return step
    return { ...step, state: 'failed', detail: `${step.detail}: looked at again, it is not so` }
  })
}

export type TickOff = { refusal: Refusal } | { refusal: null; steps: PlannedStep[] }

/** The steps that `words` (`site:account,left:ws2`) name: of any stage, or of the way back. */
export function stepsToTick(facts: OffboardFacts, words: string, isBack: boolean): TickOff {
  const all = isBack ? stepsBack(facts) : stages.flatMap(stage => stepsOf(facts, stage))
  const wasLeft = (id: string) => facts.deeds.findLast(({ step }) => step === id)?.result === 'left'
  const persons = all.filter(
    ({ id, where, state }) => where === 'site' || state === 'left' || wasLeft(id),
  )
  const steps: PlannedStep[] = []
  for (const word of words.split(',')) {
    const step = persons.find(({ id }) => id === word.trim())
    if (step === undefined) return { refusal: refusalOf(facts, persons) }
    if (step.state !== 'done') steps.push(step)
  }
  return { refusal: null, steps }
}

function refusalOf({ user }: OffboardFacts, persons: readonly PlannedStep[]): Refusal {
  const ids = persons.filter(({ state }) => state !== 'done').map(({ id }) => id)
  return {
    why: `--done takes the name of a step that is left to a person: ${ids.join(', ') || 'none is'}`,
    hint: `claude-auth offboard ${user}`,
  }
}

/** Throws `write-failed`. */
export function tickOff(
  { user, cause }: OffboardFacts,
  steps: readonly PlannedStep[],
  isBack: boolean,
): void {
  const at = new Date(cause.nowMs).toISOString()
  for (const { id, stage } of steps) {
    const of: Stage | 'undo' = isBack ? 'undo' : stage
    const command = `offboard ${of}`
    appendAdminJournal({
      at,
      who: cause.by,
      command,
      user,
      step: id,
      why: cause.why,
      result: 'done',
    })
  }
}
