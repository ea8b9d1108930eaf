// Executing the plan of a roster: users one by one, each step journaled, and nothing begun that a crash could lose.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { actOnHost, type UserProgram } from '../offboard/host-actions.js'
import { hostFactsOf } from '../offboard/host-facts.js'
import { cutStepsHere } from '../offboard/host-steps.js'
import type { StepState } from '../offboard/step.js'
import { cutInVault } from '../offboard/vault-actions.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import type { Account } from '../system/as-user.js'
import { AuthError, errorTrouble, makeTrouble, type Trouble } from '../system/trouble.js'
import { requireTrustedWay } from '../system/trusted-path.js'
import { atomicWrite, freshNonce, writeFailed } from '../system/write-file.js'
import { clean } from '../text/clean.js'
import { troubleSentence } from '../text/trouble.js'
import {
  createRecord,
  mintToken,
  noteAccessor,
  noteLost,
  readDocument,
  unnotedTokens,
  unwrap,
} from './documents.js'
import type { Found } from './facts.js'
import type { Pending, PendingUser } from './memory.js'
import type { EndingFacts, RosterStep, UserFacts } from './plan.js'
import { placeToken } from './token-file.js'

export interface StepResult extends RosterStep {
  /** `to-do`: not tried, because an earlier step failed. */
  state: StepState
  /** Why it is not done. */
  trouble: string | null
}

export interface RosterDoers {
  vault: SiteVault | null
  host: string
  /** `root@ws1`, for the note of a cut. */
  by: string
  /** The reason for what is done to this user; null: for the roster as a whole. */
  whyOf: (user: string | null) => string
  now: () => number
  recordFolder: string
  /** How to start claude-auth as a user. */
  program: UserProgram
  roster: { path: string; text: string } | null
  /** Shows a wrapped token to a person, once; null: there is no terminal. */
  handOver: ((user: string, wrapping: string) => void) | null
  /** Saves durably what was begun for a user, before the next request. */
  keep: (user: string, entry: PendingUser) => void
  /** Called with each step as it ends. Throws if it can't be journaled. */
  onStep: (result: StepResult) => void
}

export interface Ended {
  results: StepResult[]
  pending: Pending
}

/** A failed step ends the steps of its user, not those of others. Throws only what `keep` and `onStep` throw. */
export async function applySteps(
  steps: readonly RosterStep[],
  found: Found,
  before: Pending,
  doers: RosterDoers,
): Promise<Ended> {
  const results: StepResult[] = []
  const known = new Map(Object.entries(before))
  let isChanged = false
  const keep = (user: string, entry: PendingUser) => {
    known.set(user, entry)
    isChanged = true
    doers.keep(user, entry)
  }
  for (const group of byUser(steps)) {
    const [{ user }] = group
    const entry = user === null ? null : beginning(group, known.get(user), doers.whyOf(user))
    if (user !== null && entry !== null) keep(user, entry)
    const acting: Acting = {
      ...doers,
      pending: each => known.get(each),
      keep,
      isMinting: group.some(({ name }) => name === 'mint-token'),
    }
    let isHeldUp = false
    for (const step of group) {
      const end: StepResult = isHeldUp ? waiting(step) : await act(step, found, acting)
      isHeldUp ||= end.state === 'failed'
      results.push(end)
      doers.onStep(end)
    }
  }
  return { results, pending: isChanged ? Object.fromEntries(known) : before }
}

type Group = [RosterStep, ...RosterStep[]]

function byUser(steps: readonly RosterStep[]): Group[] {
  const groups: Group[] = []
  for (const step of steps) {
    const last = groups.at(-1)
    if (last !== undefined && last[0].user === step.user) last.push(step)
    else groups.push([step])
  }
  return groups
}

/** What is saved before the first change to a user; null: nothing is changed. */
function beginning(group: Group, known: PendingUser | undefined, why: string): PendingUser | null {
  const isCut = group.some(({ name }) => name === 'cut')
  if (!isCut && group.every(({ name }) => name === 'ask')) return null
  const what = isCut ? 'cut' : 'added'
  // Sinks that were told the opposite have to be told again.
  const sentTo = known?.what === what ? known.sentTo : []
  if (isCut) return { what, why, token: null, mintingSinceMs: null, sentTo }
  const { token = null, mintingSinceMs = null } = known ?? {}
  return { what, why, token, mintingSinceMs, sentTo }
}

function waiting(step: RosterStep): StepResult {
  return { ...step, state: step.name === 'ask' ? 'left' : 'to-do', trouble: null }
}

interface Acting extends Omit<RosterDoers, 'keep'> {
  pending: (user: string) => PendingUser | undefined
  keep: (user: string, entry: PendingUser) => void
  /** Another token is minted for the user in this run. */
  isMinting: boolean
}

async function act(step: RosterStep, found: Found, acting: Acting): Promise<StepResult> {
  if (step.name === 'ask') return { ...step, state: 'left', trouble: null }
  const trouble = await tryStep(step, found, acting)
  return trouble === null
    ? { ...step, state: 'done', trouble: null }
    : { ...step, state: 'failed', trouble: clean(troubleSentence(trouble), 300) }
}

async function tryStep(step: RosterStep, found: Found, acting: Acting): Promise<Trouble | null> {
  try {
    if (step.name === 'write-roster') return writeRoster(acting)
    const ending = found.facts.ending.find(({ user }) => user === step.user)
    if (step.name === 'cut') return await cut(ending, acting)
    const known = found.users.get(step.user ?? '')
    const { vault } = acting
    if (known === undefined || vault === null) return makeTrouble('nothing is known of this user')
    const path = known.facts.vault?.path ?? ''
    const given = { ...acting, ...known, vault, path, user: known.facts.row.user }
    switch (step.name) {
      case 'create-record':
        return said(await createRecord(vault, path))
      case 'note-lost':
        return await noteLostToken(given)
      case 'mint-token':
        return await mint(given)
      case 'note-accessor':
        return await note(given)
      case 'place-token':
        return await place(given)
      case 'hand-over':
        return handOver(given)
      case 'ask':
        return null
    }
  } catch (error) {
    if (error instanceof AuthError) return errorTrouble(error)
    throw error
  }
}

function said(trouble: StoreTrouble | null): Trouble | null {
  return trouble === null ? null : trouble.trouble
}

/** World-readable, because every user's engine reads it. */
function writeRoster({ roster }: Acting): Trouble | null {
  if (roster === null) return makeTrouble('only root may write the roster of a machine')
  const folder = dirname(roster.path)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw writeFailed(folder, error, `could not make ${folder}`)
  }
  requireTrustedWay(roster.path, 0)
  const owner = { uid: 0, gid: 0, mode: 0o644 }
  atomicWrite(roster.path, roster.text, { nonce: freshNonce(), owner })
  return null
}

interface Given extends Acting {
  vault: SiteVault
  facts: UserFacts
  account: Account | null
  path: string
  user: string
}

async function mint(given: Given): Promise<Trouble | null> {
  const { vault, facts, host, user, now } = given
  const { vaultName } = facts.row
  // Saved before the request: a token that is minted and not noted could not be revoked.
  const mintingSinceMs = given.pending(user)?.mintingSinceMs ?? null
  withPending(given, user, { mintingSinceMs: mintingSinceMs ?? now() })
  const minted = await mintToken(vault, { vaultName, host, nowMs: now() })
  // An earlier one that was lost has been noted: note-lost is the step before this.
  if (minted.kind === 'minted')
    withPending(given, user, { token: minted.token, mintingSinceMs: null })
  else if (minted.kind === 'refused') withPending(given, user, { mintingSinceMs })
  return minted.kind === 'minted' ? null : minted.trouble
}

/** Notes the token of a run that did not end, which may have to be found; where it can't be, its time is noted. */
async function noteLostToken(given: Given): Promise<Trouble | null> {
  const { vault, path, host, user, pending, isMinting } = given
  const { mintingSinceMs: sinceMs = null, token = null } = pending(user) ?? {}
  if (token !== null) {
    const trouble = await noteAccessor(vault, path, { host, accessor: token.accessor })
    if (trouble !== null) return trouble.trouble
  }
  const trouble = sinceMs === null ? null : await noteUnknownToken(given, sinceMs)
  if (trouble !== null) return trouble
  // Until the other is minted it tells a run after a kill that what is noted has reached nobody.
  if (!isMinting) withPending(given, user, { mintingSinceMs: null })
  return null
}

async function noteUnknownToken(
  { vault, path, host, facts }: Given,
  sinceMs: number,
): Promise<Trouble | null> {
  const document = await readDocument(vault, path)
  if (document.kind !== 'known') return document.trouble
  const known = new Set(document.value.accessors.values())
  const found = await unnotedTokens(vault, { vaultName: facts.row.vaultName, host, known })
  if (found === null) {
    const trouble = await noteLost(vault, path, { host, sinceMs })
    if (trouble !== null) return trouble.trouble
  }
  for (const accessor of found ?? []) {
    const trouble = await noteAccessor(vault, path, { host, accessor })
    if (trouble !== null) return trouble.trouble
  }
  return null
}

async function note({ vault, path, host, user, pending }: Given): Promise<Trouble | null> {
  const accessor = pending(user)?.token?.accessor
  if (accessor === undefined) return makeTrouble('no token was minted')
  return said(await noteAccessor(vault, path, { host, accessor }))
}

async function place(given: Given): Promise<Trouble | null> {
  const { facts, account, user } = given
  const { machine } = facts
  if (account === null || machine.kind !== 'absent')
    return makeTrouble('the user has no account here')
  const opened = await openedToken(given)
  if (typeof opened !== 'string') return opened
  const trouble = await placeToken(account, machine.file, opened)
  withPending(given, user, { token: null })
  return trouble
}

/** The token itself. One that an earlier run opened and could not place is gone: then another is minted, and noted. */
async function openedToken(given: Given): Promise<string | Trouble> {
  const { vault, user, pending } = given
  for (let round = 0; round < 2; round++) {
    const token = pending(user)?.token
    if (token) {
      const opened = await unwrap(vault, token)
      if (opened.kind !== 'known') return opened.trouble
      if (opened.value !== null) return opened.value
    }
    const trouble = (await mint(given)) ?? (await note(given))
    if (trouble !== null) return trouble
  }
  return makeTrouble('the wrapped token could not be opened', {
    advice: 'another may have opened it: it is noted, and can be revoked',
  })
}

function handOver(given: Given): Trouble | null {
  const { user, pending } = given
  const token = pending(user)?.token
  if (given.handOver === null) return makeTrouble('a token is shown at a terminal only')
  if (!token) return makeTrouble('no token was minted')
  given.handOver(user, token.wrapping)
  withPending(given, user, { token: null })
  return null
}

function withPending(
  { keep, pending, whyOf }: Acting,
  user: string,
  change: Partial<Pick<PendingUser, 'token' | 'mintingSinceMs'>>,
): void {
  const none = { token: null, mintingSinceMs: null, sentTo: [] }
  keep(user, { what: 'added', why: whyOf(user), ...none, ...pending(user), ...change })
}

async function cut(
  ending: EndingFacts | undefined,
  { vault, by, whyOf, now, recordFolder, program }: Acting,
): Promise<Trouble | null> {
  // Checked again at the last moment: a roster never cuts an admin.
  if (ending === undefined || ending.isAdmin) return makeTrouble('this user is not to be cut')
  const trouble = ending.isHere ? await cutHere(ending.user, program) : null
  if (trouble !== null || vault === null) return trouble
  const user = { vaultName: ending.vaultName, uid: ending.uid, recordFolder }
  const why = whyOf(ending.user)
  const cause = { by, why: ending.because === 'left' ? `left: ${why}` : why, nowMs: now() }
  const steps = await cutInVault(vault, user, cause)
  if (!Array.isArray(steps)) return steps.trouble
  const open = steps.filter(({ state }) => state === 'failed' || state === 'to-do')
  return open.length === 0 ? null : makeTrouble(open.map(({ detail }) => detail).join('; '))
}

/** Marks the user as left and stops their timer. */
async function cutHere(user: string, program: UserProgram): Promise<Trouble | null> {
  const machine = await hostFactsOf(user)
  if (machine === null) return null
  for (const { state, action } of cutStepsHere(machine)) {
    if (state === 'done') continue
    const end = await actOnHost(action, machine, program)
    if (end.state !== 'done') return end.trouble
  }
  return null
}

/** Without a terminal, mints no token that could only be shown there. */
export function withoutTerminal(steps: readonly RosterStep[]): RosterStep[] {
  const shown = new Set(steps.filter(({ name }) => name === 'hand-over').map(({ user }) => user))
  return steps.filter(
    ({ name, user }) =>
      !shown.has(user) || !['mint-token', 'note-accessor', 'hand-over'].includes(name),
  )
}
