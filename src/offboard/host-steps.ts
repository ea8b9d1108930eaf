// The steps of each stage on the machines: we do them here, a person does them on the user's other hosts. Pure.

import { hostsIn, isDoneBack, wasDone } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import type { HostFacts } from './host-facts.js'
import type { OffboardStep, Stage } from './step.js'

export interface HostAction {
  do: 'mark' | 'unmark' | 'stop-units' | 'start-units' | 'logout' | 'erase'
}

/** Without an action there is nothing we can do. */
export interface HostStep extends OffboardStep {
  action: HostAction | null
}

/** A step that we can do. */
export interface OwnHostStep extends HostStep {
  action: HostAction
}

/** What a cut does on this machine. */
export function cutStepsHere({ markedAtMs, isTimerActive }: HostFacts): OwnHostStep[] {
  const marked = 'marked as left: nothing is renewed, restored or handed back'
  return [
    stepHere('left', markedAtMs !== null, marked, { do: 'mark' }),
    stepHere('units', !isTimerActive, 'their timer stopped', { do: 'stop-units' }),
  ]
}

/** What `stage` does on this machine. */
export function stepsHere({ machine, deeds }: OffboardFacts, stage: Stage): OwnHostStep[] {
  if (machine === null) return []
  if (stage === 'cut') return cutStepsHere(machine)
  const step =
    stage === 'revoke'
      ? stepHere(
          'logout',
          wasDone(deeds, 'logout'),
          'their login ended at the server, and erased here',
          { do: 'logout' },
        )
      : stepHere('erase', wasDone(deeds, 'erase'), "claude-auth's folders of theirs removed", {
          do: 'erase',
        })
  return [{ ...step, reversible: false }]
}

/** The way back from a cut, on this machine. */
export function stepsBackHere({ machine, deeds }: OffboardFacts): OwnHostStep[] {
  if (machine === null) return []
  const { markedAtMs, isTimerActive } = machine
  return [
    stepHere('left', markedAtMs === null, 'mark of who has left taken away', { do: 'unmark' }),
    stepHere('units', isTimerActive || isDoneBack(deeds, 'units'), 'their timer started again', {
      do: 'start-units',
    }),
  ]
}

/** After a revocation the user has to sign in again. */
export function signInStep({ user, machine, deeds }: OffboardFacts): HostStep | null {
  const lastOf = (step: string) =>
    deeds.findLastIndex(each => each.step === step && each.result === 'done')
  if (machine === null || lastOf('logout') === -1 || lastOf('sign-in') > lastOf('logout'))
    return null
  const detail = `their sign-in was ended: ${user} signs in again`
  return leftStep('sign-in', detail, 'claude-auth login')
}

/** What `stage`, or the way back, needs on the user's other hosts, each with its command. */
export function stepsElsewhere(facts: OffboardFacts, stage: Stage | 'undo'): HostStep[] {
  const { user, host: here } = facts
  const [step, words] = {
    cut: ['left', 'the mark, and their units, on'],
    revoke: ['logout', 'the login on'],
    destroy: ['erase', "claude-auth's folders on"],
    undo: ['left', 'the mark taken away on'],
  }[stage] as [string, string]
  const flags = stage === 'undo' ? '--undo' : `--stage ${stage}`
  return otherHosts(facts).map(host => ({
    ...(host === here
      ? withoutAccount(facts, stage, step)
      : leftStep(
          `${step}:${host}`,
          `${words} ${host}`,
          `ssh -t ${host} sudo claude-auth offboard ${user} ${flags} --here`,
        )),
    reversible: stage === 'cut' || stage === 'undo',
  }))
}

/** On this machine, once the account is gone: none of our commands can run as that user. */
function withoutAccount({ user, host }: OffboardFacts, stage: Stage | 'undo', step: string) {
  const gone = `${user} has no account on ${host} any more`
  const what = {
    cut: 'look for processes and timers that their number still has',
    revoke: "end their sign-in in the administration of Claude's organization",
    destroy: 'remove what is left of their home',
    undo: 'nothing is marked here',
  }[stage]
  return leftStep(`${step}:${host}`, `${gone}: ${what}`, null)
}

/** The other hosts whose tokens are noted or that the journal names. */
function otherHosts({ vault, host, machine, deeds }: OffboardFacts): string[] {
  const noted = vault?.documents.flatMap(({ accessors }) => accessors.map(each => each.host)) ?? []
  const all = new Set([...noted, ...hostsIn(deeds)])
  return [...all].filter(each => each !== host || machine === null).sort()
}

function stepHere(id: string, isDone: boolean, detail: string, action: HostAction): OwnHostStep {
  const state = isDone ? 'done' : 'to-do'
  return { id, where: 'machine', state, reversible: true, detail, command: null, action }
}

function leftStep(id: string, detail: string, command: string | null): HostStep {
  return { id, where: 'machine', state: 'left', reversible: true, detail, command, action: null }
}
