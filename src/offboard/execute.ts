// Executing a stage: each step is done in turn and journaled, by us or ticked off by a person; then the result is verified.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import type { Trouble } from '../system/trouble.js'
import { appendAdminJournal, begin } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import { actOnHost, type UserProgram } from './host-actions.js'
import type { HostAction } from './host-steps.js'
import type { Refusal } from './refusal.js'
import { runSiteStep, siteStepObject } from './site-program.js'
import type { SiteAction } from './site-steps.js'
import { type PlannedStep, stepsBack, stepsOf } from './stages.js'
import { isOpen, type Stage, stages } from './step.js'
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
  /** Gathers the facts once more. */
  gatherAgain: () => Promise<OffboardFacts | StoreTrouble>
}

/** The result of a stage. */
export interface CarriedOut extends Acted {
  /** From after the stage if `isSeen`, else from before it. */
  facts: OffboardFacts
  /** The facts were gathered again afterwards. */
  isSeen: boolean
}

/** A standby node answers from what has been replicated to it so far. */
const mostLooks = 4
const betweenLooksMs = 500

/** The steps of a stage, or of the way back. */
export function planOf(facts: OffboardFacts, stage: Stage | 'undo'): PlannedStep[] {
  return stage === 'undo' ? stepsBack(facts) : stepsOf(facts, stage)
}

/** Does anything remain for us or the site's program to do? */
export function hasWork(planned: readonly PlannedStep[]): boolean {
  return planned.some(({ state }) => state === 'to-do')
}

/** Throws `write-failed` if a step can't be journaled: that step is not begun. */
export async function carryOut(
  facts: OffboardFacts,
  planned: readonly PlannedStep[],
  options: CarryOutOptions,
): Promise<CarriedOut> {
  const { stage, vault, program, siteCommand, gatherAgain } = options
  const write = (step: string, result: string) =>
    writeDeed(facts, { step, result, stage, atMs: options.now() })
  const onEnd = ({ id, state, detail }: PlannedStep) =>
    write(id, state === 'failed' ? `failed: ${detail}` : state)
  if (hasWork(planned)) write(begin, 'begun')
  const doers = { vault, program, siteCommand, onEnd }
  const acted = await actOn(facts, planned, doers)
  writeLeft(facts, acted.steps, write)
  if (acted.isAway) return { ...acted, facts, isSeen: false }
  for (let looks = 1; ; looks++) {
    const after = await gatherAgain()
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

/** The steps are done, but could not be verified. */
function unseen(
  facts: OffboardFacts,
  acted: Acted,
  trouble: StoreTrouble,
  stage: Stage | 'undo',
): CarriedOut {
  if (trouble.kind === 'unreachable') return { ...acted, facts, isAway: true, isSeen: false }
  const verify = vaultStep('verify', 'to-do', 'looked at again', null)
  const failed = failedStep({ ...verify, stage: stage === 'undo' ? 'cut' : stage }, trouble.trouble)
  return { facts, steps: [...acted.steps, failed], isAway: false, isSeen: false }
}

/** Journals what is left on other hosts, once each: the documents that name these hosts will be deleted. */
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

/** Throws `write-failed`. */
function writeDeed(
  { user, cause }: OffboardFacts,
  {
    step,
    result,
    stage,
    atMs,
  }: { step: string; result: string; stage: Stage | 'undo'; atMs: number },
): void {
  const at = new Date(atMs).toISOString()
  const command = `offboard ${stage}`
  appendAdminJournal({ at, who: cause.by, command, user, step, why: cause.why, result })
}

/** The steps to verify. A step that erases files on this machine leaves nothing to verify it by. */
function stillOpen(after: OffboardFacts, stage: Stage | 'undo'): PlannedStep[] {
  const steps = planOf(after, stage)
  return stage === 'destroy' ? steps.filter(({ where }) => where === 'vault') : steps
}

/** After a cut, tries to mint a token: if that still worked, the cut would be worth nothing. */
async function withMint(after: OffboardFacts, acted: Acted, doers: Doers): Promise<Acted> {
  const mint = after.vault === null || acted.steps.some(isOpen) ? null : mintStep(after.vault)
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
  /** Called with each step as it ends, before the next begins. Throws if the step can't be journaled. */
  onEnd: (step: PlannedStep) => void
}

export interface Acted {
  steps: PlannedStep[]
  /** Vault stopped answering during the stage. */
  isAway: boolean
}

/** A step that fails holds up no other, except those that need all of them (`isLast`). */
async function actOn(
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
    const told = end.trouble === undefined ? step : failedStep(step, end.trouble)
    const done: PlannedStep = { ...told, state: end.state }
    doers.onEnd(done)
    steps.push(done)
  }
  return { steps, isAway }
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

/** Compares the steps with fresh facts: a step whose effect does not show has failed. */
function seenAgain(acted: readonly PlannedStep[], now: readonly PlannedStep[]): PlannedStep[] {
  return acted.map(step => {
    const seen = now.find(({ id }) => id === step.id)
    if (step.state !== 'done' || seen === undefined || seen.state !== 'to-do') return step
    return { ...step, state: 'failed', detail: `${step.detail}: looked at again, it is not so` }
  })
}

export type TickOff = { refusal: Refusal } | { refusal: null; steps: PlannedStep[] }

/** The steps that `words` (`site:account,left:ws2`) name, of any stage or of the way back. */
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
  facts: OffboardFacts,
  steps: readonly PlannedStep[],
  isBack: boolean,
): void {
  const atMs = facts.cause.nowMs
  for (const { id, stage } of steps)
    writeDeed(facts, { step: id, result: 'done', stage: isBack ? 'undo' : stage, atMs })
}
