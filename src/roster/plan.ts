// The steps of `roster apply`, from what is known of the roster, of Vault and of this machine. Pure.

import { accessorKey } from '../store/vault/site.js'
import { quoted } from '../system/trouble.js'
import type { Ending } from './differences.js'
import type { RosterRow } from './roster-file.js'

export type StepName =
  | 'write-roster'
  | 'create-record'
  | 'note-lost'
  | 'mint-token'
  | 'note-accessor'
  | 'place-token'
  | 'hand-over'
  | 'cut'
  | 'ask'

/** One line of the plan. */
export interface RosterStep {
  name: StepName
  /** Null: it is about the roster as a whole. */
  user: string | null
  /** In words, without a secret. */
  detail: string
  /** What a person types, for what is told and not touched. */
  command: string | null
}

/** What is known of a user who is to have a login. */
export interface UserFacts {
  row: RosterRow
  /** Null where this site keeps nothing in Vault. */
  vault: UserInVault | null
  machine: UserOnMachine
}

export interface UserInVault {
  /** The document, inside the mount; where none can be named, `wrongPath` says why. */
  path: string | null
  wrongPath: string | null
  exists: boolean
  /** A login was backed up: a token opens the document. */
  hasVersions: boolean
  /** Any accessor is noted, of whatever host. */
  hasToken: boolean
  /** Of the token noted for this host; null: none is, or the admin may not ask. */
  tokenHere: 'alive' | 'dead' | 'unknown' | null
  isCutNoted: boolean
  /** Users sign in to Vault by a token of their own. */
  needsToken: boolean
  /** One was minted by an earlier run that did not come to its end, and can still be opened. */
  isOnItsWay: boolean
  /** The same, and nobody can open it any more: nobody has it. */
  isOverdue: boolean
  /** Of either: its accessor is noted. */
  isOnItsWayNoted: boolean
  /** Since when a token may have been minted that no run has noted, epoch milliseconds; null: none. */
  mintingSinceMs: number | null
}

/** The user's account here and their token in it. `none`: no account, or it is not root who looks. */
export type UserOnMachine =
  | { kind: 'none' }
  | { kind: 'no-home'; home: string }
  | { kind: 'unfit'; why: string }
  | { kind: 'there' | 'absent'; file: string }

export interface EndingFacts extends Ending {
  /** Their number on this machine; null where they have no account here. */
  uid: number | null
  /** What the cut would do in Vault and on this machine, in words: nothing where all is done. Null: there is no place to cut in. */
  cut: readonly string[] | null
  /** Root looks, and they have an account here: the mark of who has left is made here too. */
  isHere: boolean
  /** What only a person can do of it. */
  left: readonly { detail: string; command: string | null }[]
}

export interface RosterFacts {
  host: string
  users: readonly UserFacts[]
  ending: readonly EndingFacts[]
  /** The file that this machine's users read, and whether it differs; null where only root may write it. */
  machineRoster: { path: string; differs: boolean } | null
}

/** In the order in which they are carried out: the roster itself, then each user by itself. Empty: all is as it should be. */
export function planRoster(facts: RosterFacts): RosterStep[] {
  const { machineRoster } = facts
  const file: RosterStep[] = machineRoster?.differs
    ? [{ name: 'write-roster', user: null, detail: machineRoster.path, command: null }]
    : []
  const users = facts.users.flatMap(user => userSteps(user, facts.host))
  return [...file, ...users, ...facts.ending.flatMap(endingSteps)]
}

function userSteps({ row, vault, machine }: UserFacts, host: string): RosterStep[] {
  const { user } = row
  const step = stepFor(user)
  if (vault === null) return []
  if (vault.path === null) return [step('ask', vault.wrongPath ?? 'has no document in Vault')]
  if (vault.isCutNoted)
    return [
      step(
        'ask',
        'is listed, and was cut: nothing is switched on again by a roster',
        `sudo claude-auth offboard ${quoted(user)} --undo`,
      ),
    ]
  const record = vault.exists ? [] : [step('create-record', vault.path)]
  const isLost = vault.mintingSinceMs !== null || (vault.isOverdue && !vault.isOnItsWayNoted)
  const lost = isLost
    ? [step('note-lost', `a run that did not end may have minted a token at ${vault.path}`)]
    : []
  const token = vault.needsToken ? tokenSteps(row, { vault, machine, host }) : []
  const isNoting = token.some(({ name }) => name === 'note-accessor')
  const rest =
    vault.isOnItsWay && !vault.isOnItsWayNoted && !isNoting ? [noteStep(row, vault, host)] : []
  return [...record, ...lost, ...rest, ...token]
}

function noteStep({ user }: RosterRow, { path }: UserInVault, host: string): RosterStep {
  return stepFor(user)('note-accessor', `${accessorKey(host)} at ${path}`)
}

interface TokenFacts {
  vault: UserInVault
  machine: UserOnMachine
  host: string
}

function tokenSteps(row: RosterRow, facts: TokenFacts): RosterStep[] {
  const { user, vaultName } = row
  const { vault, machine, host } = facts
  const step = stepFor(user)
  const mint = vault.isOnItsWay
    ? []
    : [step('mint-token', `for ${vaultName}, wrapped for one hour`)]
  const isNoted = vault.isOnItsWay && vault.isOnItsWayNoted
  // Whatever is noted, the one that was minted for this user has reached nobody.
  const isAwaited = vault.isOnItsWay || vault.isOverdue || vault.mintingSinceMs !== null
  const note = isNoted ? [] : [noteStep(row, vault, host)]
  switch (machine.kind) {
    case 'there':
      return vault.tokenHere === 'dead' && !vault.isOnItsWay
        ? [
            step(
              'ask',
              `the Vault token noted for ${host} has ended`,
              `ls -l ${quoted(machine.file)}`,
            ),
          ]
        : []
    case 'absent':
      if (!isAwaited && (vault.tokenHere === 'alive' || vault.tokenHere === 'unknown'))
        return [
          step(
            'ask',
            `a Vault token of ${host} is noted, and none is in place: handed over and not opened, or lost`,
            `bao write auth/token/revoke-accessor accessor=…`,
          ),
        ]
      return [...mint, ...note, step('place-token', machine.file)]
    case 'no-home':
      return [
        step(
          'ask',
          `has no home yet: a first login makes ${machine.home}`,
          `sudo mkhomedir_helper ${quoted(user)}`,
        ),
      ]
    case 'unfit':
      return [step('ask', machine.why)]
    case 'none':
      if (!isAwaited && (vault.hasToken || vault.hasVersions)) return []
      return [...mint, ...note, step('hand-over', 'the wrapped token, printed once')]
  }
}

function endingSteps({ user, because, isAdmin, cut, left }: EndingFacts): RosterStep[] {
  const step = stepFor(user)
  const why = because === 'left' ? 'has left' : 'is no longer listed'
  const command = `sudo claude-auth offboard ${quoted(user)}`
  const byHand = `${command} --stage cut`
  if (isAdmin && cut?.length !== 0)
    return [step('ask', `${why}, and is an admin: never cut by a roster`, `${byHand} --admin`)]
  if (cut === null) return []
  const asked = left.map(each => step('ask', `${why}: ${each.detail}`, each.command ?? command))
  return cut.length === 0 ? asked : [step('cut', `${why}: ${cut.join('; ')}`), ...asked]
}

function stepFor(user: string) {
  return (name: StepName, detail: string, command: string | null = null): RosterStep => ({
    name,
    user,
    detail,
    command,
  })
}
