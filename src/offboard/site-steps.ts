// The steps that only the site can do, by its own program or by a person. Pure.

import { isDoneBack, wasDone } from './admin-journal.js'
import type { OffboardFacts } from './facts.js'
import type { OffboardStep, Stage } from './step.js'

export interface SiteAction {
  do: 'site'
  /** `account` */
  step: string
  detail: string
  /** The way back. */
  isBack: boolean
}

export interface SiteStep extends OffboardStep {
  action: SiteAction
}

/** The site's steps of `stage`. */
export function siteSteps(facts: OffboardFacts, stage: Stage): SiteStep[] {
  const isReversible = stage === 'cut'
  return sitesOf[stage].map(({ id, detail }) => ({
    ...siteStep(facts, { id, detail, isBack: false }),
    reversible: isReversible,
  }))
}

/** The way back from the site's steps of a cut that were done. */
export function siteStepsBack(facts: OffboardFacts): SiteStep[] {
  return sitesOf.cut
    .filter(({ id }) => wasDone(facts.deeds, `site:${id}`))
    .map(({ id, back }) => siteStep(facts, { id, detail: back, isBack: true }))
}

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
  { deeds, hasSiteProgram }: OffboardFacts,
  { id, detail, isBack }: { id: string; detail: string; isBack: boolean },
): SiteStep {
  const step = `site:${id}`
  const isDone = isBack ? isDoneBack(deeds, step) : wasDone(deeds, step)
  return {
    id: step,
    where: 'site',
    state: isDone ? 'done' : hasSiteProgram ? 'to-do' : 'left',
    reversible: true,
    detail,
    command: null,
    action: { do: 'site', step: id, detail, isBack },
  }
}
