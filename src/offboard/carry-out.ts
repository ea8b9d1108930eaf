// Carrying out a stage: written down before the first step and after each, done step by step, and looked at again.

import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import { type Acted, actOn, type Doers, seenAgain } from './act.js'
import { appendAdminJournal } from './admin-journal.js'
import { begin } from './deeds.js'
import type { OffboardFacts } from './facts.js'
import type { UserProgram } from './host-actions.js'
import { isOursDone, type PlannedStep, stepsBack, stepsOf } from './stages.js'
import type { Stage } from './step.js'
import { failedStep } from './vault-actions.js'
import { mintStep, vaultStep } from './vault-steps.js'

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
