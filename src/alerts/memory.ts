// Messages to people outside, and what is remembered of them between runs: plain JSON, part of `state.json`.

import { type SignInReason, signInReasons } from '../policy/outcome.js'
import {
  type Decoder,
  firstOf,
  flag,
  listOf,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  readableOf,
  renamed,
  text,
  where,
} from '../system/json.js'
import type { Trouble } from '../system/trouble.js'
import { troubleIn } from '../text/trouble.js'

/** What holds now; null: nothing a person outside needs to know. */
export type AlertCondition =
  | { kind: 'sign-in'; because: SignInReason; sinceMs?: number | null }
  /** `withinMs`: the nearest of the configured times before the end that has been passed. */
  | { kind: 'login-ends'; withinMs: number; endsAtMs: number }

interface MessageBase {
  /** Names the message among those of this login. */
  id: string
  /** When it was decided, epoch milliseconds. */
  atMs: number
  /** When what it tells began. */
  sinceMs: number
  /** The sinks that have taken it. */
  sentTo: string[]
  /** Only these sinks are to get it; null: all. */
  only: string[] | null
  /** Names our claim to send it, on a path that other hosts share: chosen before it is made. */
  claimId?: string
  /** The claim is made: it is ours to send, and to send again. */
  claimed?: true
}

/** One message to people outside. It holds no name, e-mail or host: those are added when it is sent. */
export type AlertMessage =
  | (MessageBase & { kind: 'sign-in-needed' | 'sign-in-over'; because: SignInReason })
  | (MessageBase & { kind: 'login-ends'; endsAtMs: number })
  | (MessageBase & {
      kind: 'sign-in-unsteady'
      changes: number
      needed: boolean
      because: SignInReason | null
    })
  /** A test whether messages arrive; never remembered. */
  | (MessageBase & { kind: 'test' })
  /** A watched repository has changed; it is no part of this memory either. */
  | (MessageBase & { kind: 'changes'; told: ToldChanges })
  /** People came to the site or left it; as little. */
  | (MessageBase & { kind: 'people'; told: ToldPeople })

/** What needs a second look. */
export type ChangeMark =
  | { kind: 'skips-ci' }
  | { kind: 'mass-delete'; files: number }
  | { kind: 'no-reason' }

/** One change. Texts are as they were found: the code that shows them makes them harmless. */
export interface ToldChange {
  commit: string
  what: string
  /** Of a merge its own, if it says any, and those of the commits that came with it; empty: none was given. */
  whys: readonly string[]
  /** Who pushed it; where that is not known, who is said to have written it. */
  who: string
  isPusherKnown: boolean
  /** The name under which it was written, where that is another's. */
  as: string | null
  url: string | null
  marks: readonly ChangeMark[]
}

/** What has happened to one branch since the last message. */
export interface ToldChanges {
  repository: string
  branch: string
  /** Oldest first. */
  changes: readonly ToldChange[]
  /** `rewritten`: commits that were told are not part of the branch any more. */
  history: 'grown' | 'rewritten' | 'deleted'
  /** The newest commit that was told before, and the newest now. */
  before: string
  tip: string | null
}

export interface ToldPerson {
  user: string
  what: 'added' | 'cut'
  /** The reason of the commit. */
  why: string
}

export interface ToldPeople {
  /** `root@ws1`: who carried it out. */
  by: string
  people: readonly [ToldPerson, ...ToldPerson[]]
}

export interface AlertMemory {
  /** The open condition: a person has to sign in. */
  signIn: { sinceMs: number; because: SignInReason } | null
  /** The latest end warned about, and the nearest of the times before it. */
  warned: { endsAtMs: number; withinMs: number } | null
  /** Too many changes: they are only counted until it settles. */
  unsteady: { sinceMs: number; lastMs: number; changes: number } | null
  /** When the sign-in messages of the last hour were decided. */
  sentAtMs: number[]
  /** Decided and not yet taken by every sink. */
  pending: AlertMessage[]
  /** The next try, and why the last one failed; null: unknown. */
  retry: { atMs: number; failures: number; trouble: Trouble | null } | null
  /** Messages ever decided. */
  count: number
  /**
   * The claim in the shared document for the need to sign in that was sent last, by us or another
   * host; `alone`: we sent it without reading the document. Null: never read.
   */
  claim: { id: string; alone: boolean } | null
}

type Undated<M> = M extends AlertMessage ? Omit<M, 'id' | 'atMs' | 'sentTo'> : never

/** Puts a message just decided among those to send. Changes `memory`: it is the caller's own copy. */
export function addMessage(
  memory: AlertMemory,
  message: Undated<AlertMessage>,
  nowMs: number,
): void {
  memory.count++
  const id = `${message.kind}-${memory.count}`
  memory.pending.push({ ...message, id, atMs: nowMs, sentTo: [] } as AlertMessage)
}

/** Nothing has ever been sent. */
export const emptyAlertMemory: AlertMemory = Object.freeze({
  signIn: null,
  warned: null,
  unsteady: null,
  sentAtMs: [],
  pending: [],
  retry: null,
  count: 0,
  claim: null,
})

const signInReason = oneOf(...signInReasons)

const base = {
  id: text,
  atMs: number,
  sinceMs: number,
  sentTo: listOf(text),
  only: orNull(listOf(text)),
}
const claimed = { claimId: text, claimed: oneOf(true) }
const messageIn = firstOf<AlertMessage>(
  object(
    { ...base, kind: oneOf('sign-in-needed', 'sign-in-over'), because: signInReason },
    claimed,
  ),
  object({ ...base, kind: oneOf('login-ends'), endsAtMs: number }, claimed),
  object(
    {
      ...base,
      kind: oneOf('sign-in-unsteady'),
      changes: number,
      needed: flag,
      because: orNull(signInReason),
    },
    claimed,
  ),
)

const memoryIn: Decoder<AlertMemory> = object({
  signIn: orNull(object({ sinceMs: number, because: signInReason })),
  warned: orNull(object({ endsAtMs: number, withinMs: number })),
  unsteady: orNull(object({ sinceMs: number, lastMs: number, changes: number })),
  sentAtMs: otherwise(readableOf(number), []),
  pending: otherwise(readableOf(messageIn), []),
  retry: orNull(
    // An earlier version kept a trouble as a text, `why`.
    renamed(
      { trouble: 'why' },
      object({ atMs: number, failures: number, trouble: orNull(troubleIn) }),
    ),
  ),
  count: otherwise(where(number, Number.isSafeInteger), 0),
  claim: orNull(object({ id: text, alone: flag })),
})

/** The memory as `state.json` has it; what is missing, damaged or of another version counts as never sent. */
export function readAlertMemory(value: unknown): AlertMemory {
  return memoryIn(value) ?? structuredClone(emptyAlertMemory)
}
