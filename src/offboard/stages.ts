// The stages of an offboarding: from facts to steps, to where a user stands, and to what keeps a stage from being begun. Pure.

import type { AdminDeed } from './admin-journal.js'
import type { HostAction, MachineFacts } from './host-steps.js'
import type { SiteAction } from './site-steps.js'
import type { OffboardStep, Stage } from './step.js'
import type { VaultFacts } from './vault-facts.js'
import {
  type Cause,
  cutSteps,
  destroySteps,
  revokeSteps,
  undoSteps,
  type VaultAction,
} from './vault-steps.js'

export interface OffboardFacts {
  user: string
  /** This machine. */
  host: string
  /** Null where the configuration names no Vault. */
  vault: VaultFacts | null
  /** Null where the user has no account here. */
  machine: MachineFacts | null
  /** What was done about this user from here, oldest first. */
  deeds: readonly AdminDeed[]
  /** Is a program of the site's configured? Without one its steps are a person's. */
  hasSiteProgram: boolean
  cause: Cause
}

export interface PlannedStep extends OffboardStep {
  stage: Stage
  /** Null: nothing that we could do. */
  action: VaultAction | HostAction | SiteAction | null
  /** Not before all others that are ours to do are done. */
  isLast?: boolean
}

/** Every step of `stage`, those that are done included. */
export function stepsOf(facts: OffboardFacts, stage: Stage): PlannedStep[] {
  const steps = { cut: ofCut, revoke: ofRevoke, destroy: ofDestroy }[stage](facts)
  return steps.map(step => ({ ...step, stage }))
}

/** Every step of the way back. */
export function stepsBack(facts: OffboardFacts): PlannedStep[] {
  const { vault, machine } = facts
  const here: Step[] =
    machine === null
      ? []
      : [
          machineStep('left', machine.markedAtMs === null, 'mark of who has left taken away', {
            do: 'unmark',
          }),
          machineStep(
            'units',
            machine.isTimerActive || isDoneBack(facts, 'units'),
            'their timer started again',
            { do: 'start-units' },
          ),
        ]
  const site = sitesOf.cut
    .filter(({ id }) => wasDone(facts, `site:${id}`))
    .map(({ id, back }) => siteStep(facts, { id, detail: back }, true))
  const steps: Step[] = [...(vault === null ? [] : undoSteps(vault)), ...here, ...site]
  return steps.map(step => ({ ...step, stage: 'cut' }))
}

type Step = Omit<PlannedStep, 'stage'>

/** What a cut does on this machine. */
export function cutStepsHere(machine: MachineFacts): (Step & { action: HostAction })[] {
  const isMarked = machine.markedAtMs !== null
  const marked = 'marked as left: nothing is renewed, restored or handed back'
  return [
    machineStep('left', isMarked, marked, { do: 'mark' }),
    machineStep('units', !machine.isTimerActive, 'their timer stopped', { do: 'stop-units' }),
  ]
}

function ofCut(facts: OffboardFacts): Step[] {
  const { vault, machine, cause } = facts
  const here = machine === null ? [] : cutStepsHere(machine)
  const elsewhere = otherHosts(facts).map(host =>
    leftStep(
      `left:${host}`,
      `the mark on ${host}`,
      `ssh ${host} sudo claude-auth offboard ${facts.user} --stage cut`,
    ),
  )
  return [
    ...here,
    ...(vault === null ? [] : cutSteps(vault, cause)),
    ...elsewhere,
    ...sitesOf.cut.map(each => siteStep(facts, each, false)),
  ]
}

function ofRevoke(facts: OffboardFacts): Step[] {
  const { vault, machine, cause } = facts
  const inVault = vault === null ? [] : revokeSteps(vault, cause)
  const here: Step[] =
    machine === null
      ? []
      : [
          {
            ...machineStep(
              'logout',
              wasDone(facts, 'logout'),
              'their login ended at the server, and erased here',
              { do: 'logout' },
            ),
            reversible: false,
          },
        ]
  const elsewhere = otherHosts(facts).map(host => ({
    ...leftStep(
      `logout:${host}`,
      `the login on ${host}`,
      `ssh ${host} sudo runuser -u ${facts.user} -- claude-auth logout`,
    ),
    reversible: false,
  }))
  return [
    ...here,
    ...inVault.map((step): Step => (step.action?.do === 'note' ? { ...step, isLast: true } : step)),
    ...elsewhere,
    ...sitesOf.revoke.map(each => ({ ...siteStep(facts, each, false), reversible: false })),
  ].sort((a, b) => Number(a.isLast ?? false) - Number(b.isLast ?? false))
}

function ofDestroy(facts: OffboardFacts): Step[] {
  const { vault, machine } = facts
  const here: Step[] =
    machine === null
      ? []
      : [
          {
            ...machineStep(
              'erase',
              wasDone(facts, 'erase'),
              "claude-auth's folders of theirs removed",
              { do: 'erase' },
            ),
            reversible: false,
          },
        ]
  const site = sitesOf.destroy.map(each => ({ ...siteStep(facts, each, false), reversible: false }))
  return [...(vault === null ? [] : destroySteps(vault)), ...here, ...site]
}

function machineStep(
  id: string,
  isDone: boolean,
  detail: string,
  action: HostAction,
): Step & { action: HostAction } {
  return {
    id,
    where: 'machine',
    state: isDone ? 'done' : 'to-do',
    reversible: true,
    detail,
    command: null,
    action,
  }
}

function leftStep(id: string, detail: string, command: string | null): Step {
  return { id, where: 'machine', state: 'left', reversible: true, detail, command, action: null }
}

/** Hosts whose tokens are noted, beside this one. */
function otherHosts({ vault, host, machine }: OffboardFacts): string[] {
  const noted = vault?.documents.flatMap(({ accessors }) => accessors.map(each => each.host)) ?? []
  return [...new Set(noted)].filter(each => each !== host || machine === null).sort()
}

/** What only the site can do: by its own program, or by a person. */
const sitesOf: Record<Stage, { id: string; detail: string; back: string }[]> = {
  cut: [
    {
      id: 'account',
      detail:
        'close the account: password, SSH keys, and sessions that are open (loginctl terminate-user)',
      back: 'open the account again',
    },
    {
      id: 'identity-provider',
      detail:
        'take them out of the groups of the identity provider, which signs them in by JWT and to Claude',
      back: 'put them back into the groups of the identity provider',
    },
    {
      id: 'push-rights',
      detail: 'take them out of push whitelists and collaborators of the forge',
      back: 'give them their rights at the forge again',
    },
  ],
  revoke: [
    { id: 'forge-tokens', detail: 'revoke their access tokens and keys at the forge', back: '' },
    { id: 'organization-seat', detail: "take their seat in Claude's organization", back: '' },
    { id: 'api-keys', detail: 'revoke the API keys that they made', back: '' },
  ],
  destroy: [
    { id: 'archive', detail: 'archive what the site keeps of their home', back: '' },
    { id: 'home', detail: 'remove home and account', back: '' },
  ],
}

function siteStep(
  facts: OffboardFacts,
  { id, detail }: { id: string; detail: string },
  isBack: boolean,
): Step {
  const isDone = isBack ? isDoneBack(facts, `site:${id}`) : wasDone(facts, `site:${id}`)
  return {
    id: `site:${id}`,
    where: 'site',
    state: isDone ? 'done' : facts.hasSiteProgram ? 'to-do' : 'left',
    reversible: true,
    detail,
    command: null,
    action: { do: 'site', step: id, detail, isBack },
  }
}

const backCommand = 'offboard undo'

/** Done from here, and not taken back since. */
function wasDone({ deeds }: OffboardFacts, step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last !== undefined && last.command !== backCommand && !isBeforeBack(deeds, last)
}

function isDoneBack({ deeds }: OffboardFacts, step: string): boolean {
  const last = deeds.filter(each => each.step === step && each.result === 'done').at(-1)
  return last === undefined || last.command === backCommand
}

/** An account that was cut anew has to be signed out anew. */
function isBeforeBack(deeds: readonly AdminDeed[], deed: AdminDeed): boolean {
  if (deed.step.startsWith('site:')) return false
  const back = deeds.findLastIndex(each => each.command === backCommand)
  return deeds.indexOf(deed) < back
}

export type Standing = 'active' | 'cut' | 'revoked' | 'destroyed'

/** How far they are; a stage counts once something of it was done. */
export function standingOf(facts: OffboardFacts): Standing {
  const { vault, deeds } = facts
  const isEmpty = vault === null || (vault.documents.length === 0 && vault.record === null)
  const last = deeds.filter(({ result }) => result === 'done').at(-1)
  if (isEmpty && last?.command === 'offboard destroy') return 'destroyed'
  if (isRevoked(facts)) return 'revoked'
  return isCutBegun(facts) ? 'cut' : 'active'
}

function isCutBegun({ vault, machine }: OffboardFacts): boolean {
  if (machine !== null && machine.markedAtMs !== null) return true
  if (vault === null) return false
  const isOff = vault.entities.some(({ isDisabled }) => isDisabled)
  return isOff || vault.policy.state === 'cut' || vault.documents.some(({ note }) => note !== null)
}

/** Are all steps that are ours done? Those of other hosts and of the site are a person's. */
export function isOursDone(steps: readonly OffboardStep[]): boolean {
  return steps.every(({ where, state }) => where === 'site' || state === 'done' || state === 'left')
}

export function isCut(facts: OffboardFacts): boolean {
  return isCutBegun(facts) && isOursDone(stepsOf(facts, 'cut'))
}

/** Tokens revoked and noted as such, and the login of this machine ended. */
export function isRevoked(facts: OffboardFacts): boolean {
  const steps = stepsOf(facts, 'revoke')
  const ours = steps.filter(({ where, state }) => where !== 'site' && state !== 'left')
  if (ours.length > 0) return isCutBegun(facts) && ours.every(({ state }) => state === 'done')
  return facts.deeds.some(({ command }) => command === 'offboard revoke')
}

/** When the cut was complete as far as anybody noted it; null: it was not noted. */
export function cutAtMs({ vault, machine, deeds }: OffboardFacts): number | null {
  const noted = vault?.documents.flatMap(({ note }) => (note === null ? [] : [note.cutAtMs])) ?? []
  if (noted.length > 0) return Math.max(...noted)
  if (machine?.markedAtMs != null) return machine.markedAtMs
  const deed = deeds.filter(({ command }) => command === 'offboard cut').at(-1)
  return deed === undefined ? null : Date.parse(deed.at)
}

/** Why a stage may not be begun, with what to type instead; null: it may. */
export interface Refusal {
  why: string
  hint: string
}

export function refusalOf(
  facts: OffboardFacts,
  stage: Stage,
  {
    waitMs,
    isNow,
    untilWords,
  }: { waitMs: number; isNow: boolean; untilWords: (ms: number) => string },
): Refusal | null {
  const { user, cause } = facts
  if (stage === 'cut') return null
  if (!isCut(facts))
    return { why: `the cut of ${user} is not complete`, hint: commandOf(user, 'cut') }
  if (stage === 'revoke') return null
  if (!isRevoked(facts))
    return {
      why: `${user} is not revoked yet: a token that lives could bring the document back`,
      hint: commandOf(user, 'revoke'),
    }
  const since = cutAtMs(facts)
  if (isNow || since === null || cause.nowMs - since >= waitMs) return null
  return {
    why: `the cut of ${user} is too young: it can be destroyed ${untilWords(since + waitMs)}`,
    hint: `${commandOf(user, 'destroy')} --now`,
  }
}

/** Why there is no way back; null: there is. */
export function refusalBack(facts: OffboardFacts): Refusal | null {
  const { user, vault } = facts
  if (standingOf(facts) === 'destroyed' || (isOff(facts) && !isNoted(facts))) {
    const entity = vault?.entities[0]?.id ?? 'ID'
    return {
      why: `no cut of ${user} is noted that could be undone: they were destroyed, or cut by somebody else`,
      hint: `bao write identity/entity/id/${entity} disabled=false`,
    }
  }
  return null
}

function isOff({ vault }: OffboardFacts): boolean {
  return vault?.entities.some(({ isDisabled }) => isDisabled) ?? false
}

function isNoted({ vault, machine, deeds }: OffboardFacts): boolean {
  const isInVault = vault?.documents.some(({ note }) => note !== null) ?? false
  return (
    isInVault ||
    (machine !== null && machine.markedAtMs !== null) ||
    deeds.some(({ command }) => command === 'offboard cut')
  )
}

export function commandOf(user: string, stage: Stage): string {
  return `claude-auth offboard ${user} --stage ${stage}`
}

/** The command that comes next; null: nothing does. */
export function nextOf(facts: OffboardFacts): string | null {
  const { user } = facts
  switch (standingOf(facts)) {
    case 'active':
      return commandOf(user, 'cut')
    case 'cut':
      return commandOf(user, isCut(facts) ? 'revoke' : 'cut')
    case 'revoked':
      return commandOf(user, 'destroy')
    case 'destroyed':
      return null
  }
}
