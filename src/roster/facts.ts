// The facts that a plan is made from: each user in Vault, their account and token on this machine, and what a cut would do.

import { loadConfig } from '../config/config.js'
import { fillIn, plainNameSlip } from '../config/template.js'
import { rosterLimits } from '../config/yaml.js'
import { hostFactsOf } from '../offboard/host-facts.js'
import { cutStepsHere } from '../offboard/host-steps.js'
import type { OffboardStep } from '../offboard/step.js'
import { cutInVault } from '../offboard/vault-actions.js'
import type { SiteVault, StoreTrouble } from '../store/vault/site.js'
import type { Account } from '../system/as-user.js'
import { textAt } from '../system/open-file.js'
import { troubleSentence } from '../text/trouble.js'
import type { Differences, Ending } from './differences.js'
import { accessorsOf, isTokenAlive, readDocument } from './documents.js'
import type { Pending } from './memory.js'
import type { EndingFacts, RosterFacts, UserFacts, UserInVault, UserOnMachine } from './plan.js'
import type { RosterRow } from './roster-file.js'
import { tokenPlace } from './token-file.js'

/** What the facts are about, and who gathers them. */
export interface LookOptions {
  host: string
  isRoot: boolean
  /** Null: the site keeps nothing in Vault. */
  vault: SiteVault | null
  /** How users sign in to Vault, by the admin's configuration. */
  method: 'token' | 'jwt'
  /** The folder of the health records, inside the mount. */
  recordFolder: string
  /** The machine's configuration, which says where a user's token belongs. */
  systemConfig: string
  accountOf: (user: string) => Account | null
  pending: Pending
  machineRoster: string | null
  /** The committed text, which the machine's roster should equal. */
  text: string
  nowMs: number
  /** Only this user; null: all. */
  only: string | null
}

/** The facts about a user, and the account. */
export interface FoundUser {
  facts: UserFacts
  account: Account | null
}

export interface Found {
  facts: RosterFacts
  users: ReadonlyMap<string, FoundUser>
}

const atOnce = 4

/** Changes nothing. Trouble: Vault gives no answer, or does not let the admin read. */
export async function lookAround(
  { active, ending }: Differences,
  options: LookOptions,
): Promise<Found | StoreTrouble> {
  const { only, host, machineRoster, text } = options
  const isMeant = ({ user }: { user: string }) => only === null || user === only
  const users = await inTurns(active.filter(isMeant), row => lookAtUser(row, options))
  const trouble = users.find(isTrouble)
  if (trouble) return trouble
  const endings = await inTurns(ending.filter(isMeant), each => lookAtEnding(each, options))
  const other = endings.find(isTrouble)
  if (other) return other
  const found = users.filter((each): each is FoundUser => !isTrouble(each))
  return {
    users: new Map(found.map(each => [each.facts.row.user, each])),
    facts: {
      host,
      users: found.map(({ facts }) => facts),
      ending: endings.filter((each): each is EndingFacts => !isTrouble(each)),
      machineRoster:
        machineRoster === null || only !== null
          ? null
          : {
              path: machineRoster,
              differs: textAt(machineRoster, rosterLimits) !== text,
            },
    },
  }
}

function isTrouble(found: object): found is StoreTrouble {
  return 'trouble' in found
}

/** A few at a time, in their order. */
async function inTurns<T, R>(all: readonly T[], look: (each: T) => Promise<R>): Promise<R[]> {
  const found: R[] = []
  for (let at = 0; at < all.length; at += atOnce)
    found.push(...(await Promise.all(all.slice(at, at + atOnce).map(look))))
  return found
}

async function lookAtUser(row: RosterRow, options: LookOptions): Promise<FoundUser | StoreTrouble> {
  const { vault, isRoot, accountOf } = options
  const account = isRoot ? accountOf(row.user) : null
  if (vault === null) return { account, facts: { row, vault: null, machine: { kind: 'none' } } }
  const file = account === null ? null : await tokenFileOf(account, options)
  const looked = await lookInVault(vault, row, { ...options, account })
  if (isTrouble(looked)) return looked
  const needsToken = account === null ? options.method === 'token' : file !== null
  const facts: UserInVault = { ...looked, needsToken }
  return { account, facts: { row, vault: facts, machine: await machineOf(account, file) } }
}

async function machineOf(account: Account | null, file: string | null): Promise<UserOnMachine> {
  if (account === null || file === null) return { kind: 'none' }
  const place = await tokenPlace(account, file)
  if (place.kind === 'no-home') return { kind: 'no-home', home: account.home }
  return place.kind === 'unfit' ? place : { kind: place.kind, file }
}

/** Where this user's token belongs, by the machine's configuration; null: they need none. */
async function tokenFileOf(account: Account, options: LookOptions): Promise<string | null> {
  const { name, uid, home } = account
  const config = await loadConfig({
    // Only the user may read the user's own configuration.
    paths: {
      systemConfig: options.systemConfig,
      userConfig: '/nonexistent/config.yaml',
      configFolder: `${home}/.config/claude-auth`,
    },
    env: {},
    person: { user: name, uid, home, host: options.host },
  })
  // A new user's name in Vault may stand in the committed roster alone: how they sign in depends on nothing of it.
  if (config.store !== 'vault') return null
  const auth = config.vault?.auth
  if (auth === undefined)
    return options.method === 'token' ? `${home}/.config/claude-auth/vault-token` : null
  return auth.method === 'token' ? auth.tokenFile : null
}

async function lookInVault(
  vault: SiteVault,
  row: RosterRow,
  { host, pending, nowMs, account }: LookOptions & { account: Account | null },
): Promise<Omit<UserInVault, 'needsToken'> | StoreTrouble> {
  const onItsWay = pending[row.user]?.token ?? null
  const isOnItsWay = onItsWay !== null && onItsWay.endsAtMs > nowMs
  const isOverdue = onItsWay !== null && !isOnItsWay
  const named = documentPath(vault.server.template, row, { host, account })
  const nothing = {
    exists: false,
    hasVersions: false,
    hasToken: false,
    tokenHere: null,
    isCutNoted: false,
    isOnItsWay,
    isOverdue,
    isOnItsWayNoted: false,
    mintingSinceMs: pending[row.user]?.mintingSinceMs ?? null,
  }
  if ('wrong' in named) return { ...nothing, path: null, wrongPath: named.wrong }
  const document = await readDocument(vault, named.path)
  if (document.kind !== 'known') return document
  const { exists, hasVersions, accessors, isCutNoted } = document.value
  const here = accessorsOf(document.value, host)
  return {
    path: named.path,
    wrongPath: null,
    exists,
    hasVersions,
    hasToken: accessors.size > 0,
    tokenHere: await stateOf(vault, here),
    isCutNoted,
    isOnItsWay,
    isOverdue,
    isOnItsWayNoted: [...accessors.values()].includes(onItsWay?.accessor ?? ''),
    mintingSinceMs: nothing.mintingSinceMs,
  }
}

/** Of several the best: an earlier one may have ended. */
async function stateOf(
  vault: SiteVault,
  accessors: readonly string[],
): Promise<UserInVault['tokenHere']> {
  if (accessors.length === 0) return null
  const alive = await Promise.all(accessors.map(each => isTokenAlive(vault, each)))
  if (alive.includes(true)) return 'alive'
  return alive.includes(null) ? 'unknown' : 'dead'
}

/** The document of this user on this host, as the engine names it. */
function documentPath(
  template: string,
  { vaultName }: RosterRow,
  { host, account }: { host: string; account: Account | null },
): { path: string } | { wrong: string } {
  const slip = plainNameSlip(vaultName)
  if (slip !== null) return { wrong: `needs a name in Vault ${slip}` }
  if (template.includes('{uid}') && account === null)
    return { wrong: 'has no account here, and vault.path names users by their number' }
  const names = { user: vaultName, uid: String(account?.uid ?? ''), host, profile: 'default' }
  const filled = fillIn(template, names, 'plain')
  return 'expected' in filled ? { wrong: `vault.path: ${filled.expected}` } : { path: filled.value }
}

async function lookAtEnding(
  ending: Ending,
  { vault, recordFolder, accountOf, isRoot, nowMs }: LookOptions,
): Promise<EndingFacts | StoreTrouble> {
  const uid = accountOf(ending.user)?.uid ?? null
  const machine = isRoot && uid !== null ? await hostFactsOf(ending.user) : null
  const here = machine === null ? [] : cutStepsHere(machine).filter(isToDo)
  const known = { ...ending, uid, isHere: machine !== null }
  const details = here.map(({ detail }) => detail)
  if (vault === null) return { ...known, cut: machine === null ? null : details, left: [] }
  const user = { vaultName: ending.vaultName, uid, recordFolder }
  const cause = { by: '', why: '', nowMs }
  const steps = await cutInVault(vault, user, cause, { dryRun: true })
  if (!Array.isArray(steps)) {
    // Away is away for all; what is wrong with one user is told of that user.
    if (steps.kind === 'unreachable') return steps
    const detail = troubleSentence(steps.trouble)
    return { ...known, cut: [], left: [{ detail, command: steps.trouble.command }] }
  }
  return {
    ...known,
    cut: [...details, ...steps.filter(isToDo).map(({ detail }) => detail)],
    left: steps
      .filter(({ state }) => state === 'left')
      .map(({ detail, command }) => ({ detail, command })),
  }
}

function isToDo({ state }: Pick<OffboardStep, 'state'>): boolean {
  return state === 'to-do'
}
