// The memory of alerts on a shared path: which messages are ours to send, left to another host, or must wait.

import type { AlertClaim } from '../alert-claim.js'
import { type Found, judgeClaim, type Verdict } from './alert-claim-rule.js'
import type { AlertMemory, AlertMessage } from './alert-memory.js'

/** Who asks, and when. */
export interface Asker {
  /** `user@host`. */
  by: string
  nowMs: number
}

export interface Judged {
  /** What to remember once `claim` stands in the document. */
  memory: AlertMemory
  /** Of `memory.pending`, what is to be sent now. */
  messages: AlertMessage[]
  /** What is to stand in the document first; null: it stays as it is. */
  claim: AlertClaim | null
  /** Messages that another host tells. */
  left: AlertMessage[]
}

/** The memory with a name for the claim of each message that still needs one: save it before claiming. */
export function withClaimIds(memory: AlertMemory, nonce: () => string): AlertMemory {
  const named = (message: AlertMessage) =>
    message.claimed || message.claimId ? message : { ...message, claimId: nonce() }
  return { ...memory, pending: memory.pending.map(named) }
}

/** Is there a message that no claim of ours covers yet? */
export function needsClaim(memory: AlertMemory): boolean {
  return memory.pending.some(message => !message.claimed)
}

/** Judges each message by what was `found` in the document; null: nobody knows what stands there, so all are sent. */
export function judgeClaims(memory: AlertMemory, found: Found | null, asker: Asker): Judged {
  const judged: Judged = { memory: { ...memory, pending: [] }, messages: [], claim: null, left: [] }
  let claim = found?.claim ?? null
  for (const message of memory.pending) {
    const withinMs = memory.warned?.withinMs ?? 0
    const question = { message, withinMs, known: memory.claim, ...asker }
    const verdict = message.claimed
      ? ('claimed' as const)
      : found && judgeClaim({ ...found, claim }, question)
    if (verdict !== null && verdict !== 'claimed' && verdict.do === 'send') claim = verdict.claim
    settle(judged, message, verdict)
  }
  if (judged.memory.pending.length === 0) judged.memory.retry = null
  return { ...judged, claim: claim === found?.claim ? null : claim }
}

/** `verdict` null: sent without a claim, and judged anew should it have to be sent again. */
function settle(judged: Judged, message: AlertMessage, verdict: Verdict | 'claimed' | null) {
  const { memory, messages, left } = judged
  const claimed = verdict === 'claimed' || verdict?.do === 'send'
  const after = claimed ? { ...message, claimed: true as const } : message
  if (verdict !== 'claimed' && verdict?.do === 'leave') left.push(message)
  else memory.pending.push(after)
  if (verdict === null || claimed) messages.push(after)
  if (begins(message) && verdict !== 'claimed' && verdict?.do !== 'wait') {
    const id = verdict?.do === 'leave' ? verdict.id : (message.claimId ?? message.id)
    memory.claim = { id, alone: verdict === null }
  }
}

function begins(message: AlertMessage): boolean {
  return (
    message.kind === 'sign-in-needed' || (message.kind === 'sign-in-unsteady' && message.needed)
  )
}
