// `claude-auth fleet`: how all logins of a site or machine stand, for their admin.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hasLeft } from '../config/config.js'
import { configSource } from '../config/source.js'
import { readYamlFile, rosterLimits } from '../config/yaml.js'
import { excessiveRights } from '../fleet/excessive-rights.js'
import type { ExpectedUser, SeenRecord } from '../fleet/finding.js'
import { fleetJson, fleetLines, isNamed, noFleetJson } from '../fleet/fleet-text.js'
import { answerForHomes, seenInHomes } from '../fleet/homes.js'
import { writeFiles } from '../fleet/output-files.js'
import { type FleetState, fleetStates, reasonsWith } from '../fleet/states.js'
import {
  type FleetView,
  type LookRules,
  loginsOf,
  onlyState,
  viewOfHomes,
  viewOfVault,
} from '../fleet/view.js'
import { exitCodes, reasonWords } from '../policy/outcome.js'
import { rosterRows } from '../roster/roster-file.js'
import type { StoreTrouble } from '../store/store.js'
import { canRead } from '../system/access.js'
import type { Account } from '../system/as-user.js'
import type { Env } from '../system/paths.js'
import { ownRoot } from '../system/program-places.js'
import { AuthError } from '../system/trouble.js'
import { listDirectory } from '../system/user-directory.js'
import { accountsNamed, usersWithLogins } from '../system/users.js'
import { inkFor, progressCount, say, widthOf } from '../text/terminal.js'
import { troubleText } from '../text/trouble.js'
import { version } from '../version.js'
import { type AdminContext, adminContext, siteVault } from './admin-context.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'fleet',
  group: 'admin',
  summary: 'the state of all logins, and who needs a person',
  about:
    'Shows the state of every login of the site or machine: who needs something comes first, each with what to type. It reads health records, never a login.',
  flags: {
    json: { says: 'the same as one JSON object' },
    only: { value: 'STATE', choices: fleetStates, says: 'just the logins in one state' },
    from: {
      value: 'vault|homes',
      choices: ['vault', 'homes'],
      says: 'read the records in Vault, or those in the homes of this machine',
    },
    textfile: {
      value: 'FILE',
      completes: 'file',
      says: 'also write metrics for node_exporter (a name in *.prom)',
    },
    page: { value: 'FILE', completes: 'file', says: 'also write the view as a page (HTML)' },
    'answer-for-homes': { says: 'reads what a run that can end it asks on stdin', hidden: true },
    timer: { says: 'write what the configuration names, print nothing', hidden: true },
  },
  notes: [
    `STATE is one of: ${fleetStates.join(', ')}.`,
    'Without --from: Vault where fleet.tokenFile is there, else the homes (of others only as root).',
    'Exit code: 0 nobody needs anything, 3 somebody has to sign in, 4 anything else, 5 Vault gave no answer, 1 and 2 as ever.',
  ],
  examples: ['claude-auth fleet', 'claude-auth fleet --only silent', 'claude-auth fleet --json'],
} as const satisfies CommandEntry

/** The default place of the Vault token of whoever asks. */
const standardToken = '/etc/claude-auth/fleet-token'

/** Prints the view, writes what was asked for, and gives the exit code of the verdict. */
export async function fleet(argv: string[], env: Env): Promise<number> {
  const { flags } = readFlags(entry, argv)
  if (flags['answer-for-homes']) {
    const { createInterface } = await import('node:readline')
    const lines = createInterface({ input: process.stdin })
    await answerForHomes(lines, line => process.stdout.write(line))
    return exitCodes.ok
  }
  const context = await adminContext(env)
  const { config } = context
  const textfile = flags.textfile ?? (flags.timer ? config.fleet.textfile : null)
  const page = flags.page ?? (flags.timer ? config.fleet.page : null)
  if (flags.timer && textfile === null && page === null) return exitCodes.ok
  const source = sourceOf(context, flags.from as FleetView['source'] | undefined)
  const roster = expectedUsers(config.roster?.file ?? null, context.person.uid)
  // What had to be left out, and what is to be known beside.
  const gaps = roster.trouble === null ? [] : [roster.trouble]
  const notes: string[] = []
  const atMs = context.now()
  const only = (flags.only as FleetState | undefined) ?? null
  const isText = !flags.json && textfile === null && page === null
  const rules: LookRules = {
    roster: roster.users,
    nowMs: atMs,
    silentAfterMs: config.fleet.silentAfterMs,
    ...(isText ? { keeps: login => isNamed(login, only) } : {}),
    keepsBackups: textfile !== null,
  }
  const found =
    source === 'vault'
      ? await inVault(context, rules, notes, env)
      : await inHomes(context, rules, gaps, env)
  notes.unshift(...gaps)
  for (const note of notes) process.stderr.write(`${say(note)}\n`)
  if ('kind' in found) {
    if (flags.json) await print([noFleetJson(atMs, source)])
    process.stderr.write(`${say(troubleText(found.trouble))}\n`)
    return exitCodes['no-answer']
  }
  writeFiles(found, {
    ...{ textfile, page, notes, isWhole: gaps.length === 0 },
    ...{ reasons: reasonsWith(reasonWords), version },
  })
  if (flags.timer) return exitCodes.ok
  const view = only === null ? found : onlyState(found, only)
  await (flags.json ? print(fleetJson(view)) : printText(view, only, env))
  const isCareful = view.verdict === 'ok' && notes.length > 0
  return exitCodes[isCareful ? 'attention' : view.verdict]
}

/** By the flag; else Vault where who asks may read a token for it: a user whose it is not sees their own login. */
function sourceOf(
  { config, person }: AdminContext,
  asked: FleetView['source'] | undefined,
): FleetView['source'] {
  if (asked !== undefined) return asked
  if (config.vaultServer === null) return 'homes'
  const { auth } = config.fleet
  if (auth === null) return person.uid === 0 && existsSync(standardToken) ? 'vault' : 'homes'
  if (auth.method !== 'token' || person.uid === 0) return 'vault'
  return existsSync(auth.tokenFile) && !canRead(auth.tokenFile) ? 'homes' : 'vault'
}

/** `users`: null where there is no roster, or none to go by; `trouble` says why, to be read by a person. */
interface Expected {
  users: ExpectedUser[] | null
  trouble: string | null
}

/**
 * The users of the roster in `file` (null: none is configured), read as the effective user `uid` believes files. One that is missing,
 * not believed, broken or empty would make strangers of all: then nobody is expected, and that is said.
 */
function expectedUsers(file: string | null, uid: number): Expected {
  if (file === null) return { users: null, trouble: null }
  try {
    if (!configSource('roster', file, uid).exists) return without(`there is no roster ${file}`)
    const yaml = readYamlFile(file, rosterLimits)
    const { rows, problems } = rosterRows(yaml)
    if (rows.length > 0) return { users: rows, trouble: null }
    const [first] = problems
    return first === undefined
      ? without(`the roster ${file} lists nobody`)
      : without(`the roster ${file} can't be read: ${first.what}`)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return without(error.message)
  }
}

function without(why: string): Expected {
  return { users: null, trouble: `${why}; who is missing or a stranger is not told` }
}

async function inVault(
  context: AdminContext,
  rules: LookRules,
  notes: string[],
  env: Env,
): Promise<FleetView | StoreTrouble> {
  const { fleet } = context.config
  const auth = fleet.auth ?? ({ method: 'token', tokenFile: standardToken } as const)
  const vault = await siteVault(context, auth, { isKept: true })
  if ('kind' in vault) {
    // Nothing was asked of Vault yet: a person has to place a token, or to configure where it is.
    if (vault.kind === 'denied')
      throw new AuthError('config-unreadable', troubleText({ ...vault.trouble, command: null }), {
        hint: vault.trouble.command ?? 'claude-auth doctor --only config',
      })
    return vault
  }
  const count = progressCount(
    found => `reading the fleet in Vault, ${found} logins`,
    process.stderr,
    env,
  )
  try {
    const view = await viewOfVault(vault, fleet.folder, rules, count.tick)
    if ('kind' in view) return view
    const [name] = [...loginsOf(view)].map(({ user }) => user)
    const excess = await excessiveRights(vault, {
      recordsFolder: fleet.folder,
      name: name ?? 'nobody',
    })
    if (excess !== null && excess.length > 0)
      notes.push(
        `the Vault token of who looks may do more than look: ${excess.join(', ')}; see docs/fleet.md for its policy`,
      )
    return view
  } finally {
    count.end()
  }
}

async function inHomes(
  { person }: AdminContext,
  rules: LookRules,
  gaps: string[],
  env: Env,
): Promise<FleetView> {
  const isRoot = person.uid === 0
  const { users, unknown, isWhole } = isRoot
    ? await usersHere(rules)
    : { users: [ownAccount(person)], unknown: [], isWhole: true }
  if (!isWhole)
    gaps.push(
      `the directory of users gives no answer (${listDirectory}); who is known to it alone is missing`,
    )
  const count = progressCount(
    found => `reading the homes, ${found} of ${users.length}`,
    process.stderr,
    env,
  )
  let looked = 0
  const reader = [
    process.execPath,
    join(ownRoot(), 'bin/claude-auth'),
    'fleet',
    '--answer-for-homes',
  ]
  const at = { host: person.host, reader }
  const seen = await seenInHomes(users, at, () => count.tick(++looked)).finally(count.end)
  const records = [...seen, ...unknown.map(user => untold(user, person.host))]
  // Whoever is not root sees nobody else, and misses nobody.
  const own = rules.roster?.filter(({ user }) => user === person.user) ?? null
  const roster = isRoot ? rules.roster : own?.length === 0 ? null : own
  const cut = new Set(users.filter(({ uid }) => hasLeft(uid)).map(({ name }) => name))
  return viewOfHomes(records, { ...rules, roster, cut })
}

/** Those with a login folder, and those of the roster, whom a directory may know without listing them. */
async function usersHere({ roster }: LookRules): Promise<UsersHere> {
  const { users: found, isWhole } = await usersWithLogins()
  const known = new Set(found.map(({ name }) => name))
  const missing = (roster ?? []).map(({ user }) => user).filter(user => !known.has(user))
  const { accounts, unanswered } = accountsNamed(missing)
  for (const { name } of accounts) known.add(name)
  const unknown = unanswered === null ? [] : missing.filter(user => !known.has(user))
  return { users: [...found, ...accounts], unknown, isWhole: isWhole && unanswered === null }
}

/** `unknown`: of these of the roster nobody says whether they have an account. `isWhole`: whoever has a login is there. */
interface UsersHere {
  users: Account[]
  unknown: string[]
  isWhole: boolean
}

function untold(user: string, host: string): SeenRecord {
  return { user, host, record: 'no-directory' }
}

function ownAccount({ user, uid, home }: AdminContext['person']): Account {
  return { name: user, uid, gid: process.getegid?.() ?? -1, home }
}

async function printText(view: FleetView, only: FleetState | null, env: Env): Promise<void> {
  const { stdout } = process
  const ink = await inkFor(env, stdout.isTTY === true)
  const lines = fleetLines(view, {
    width: widthOf(stdout),
    ink,
    only,
    reasons: reasonsWith(reasonWords),
  })
  await print(ended(lines))
}

function* ended(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`
}

const pieceLength = 64 * 1024

/** Writes no faster than somebody reads, and ends with who stops reading (`| head`). */
async function print(pieces: Iterable<string>): Promise<void> {
  const { stdout } = process
  let waiting = ''
  for (const piece of pieces) {
    waiting += piece
    if (waiting.length < pieceLength) continue
    if (!(await written(waiting))) return
    waiting = ''
  }
  if (waiting !== '' && !stdout.destroyed) await written(waiting)
}

/** False: nobody reads any more. */
function written(text: string): Promise<boolean> {
  const { stdout } = process
  return new Promise(resolve => {
    if (stdout.destroyed || !stdout.writable) return resolve(false)
    stdout.write(text, error => resolve(error == null))
  })
}
