// The keys of an admin's commands in the configuration: `fleet`, `offboard`, `rosterFrom`, `changes` and `base`.

import * as v from 'valibot'
import { dayMs, hourMs } from '../system/time.js'
import {
  commandForm,
  count,
  duration,
  isFullPath,
  map,
  matching,
  path,
  type Resolving,
  text,
  truth,
} from './forms.js'
import { fillIn, plainNameSlip } from './template.js'
import {
  resolveVaultAuth,
  slashed,
  type VaultAuth,
  vaultAuthSchema,
  withoutSlashes,
} from './vault.js'

/** The sections of an admin's commands. No login depends on them. */
const adminSections = ['fleet', 'rosterFrom', 'offboard', 'changes', 'base'] as const

/** Is a key such as `changes[0].branch` in one of the sections of an admin's commands? */
export function isAdminKey(key: string): boolean {
  return adminSections.some(section => section === sectionOf(key))
}

/** `changes` of `changes[0].branch`. */
export function sectionOf(key: string): string {
  return key.split(/[.[]/, 1)[0] ?? ''
}

/** `fleet` as written. */
export const fleetSchema = map(
  {
    path: text(
      slashed,
      'a path such as workstation/claude-fleet/{user}',
      'The health record of one user, inside the KV mount: metadata only, never data. Default: workstation/claude-fleet/{user}.',
    ),
    publish: truth(
      'Whether each login publishes its health record, with store: vault. Default: true.',
    ),
    silentAfter: duration(
      '26h',
      'After how long without news a login counts as silent, 1h to 365d. Default: 26h.',
    ),
    tokenFile: path('A private file with the Vault token of the one who looks.'),
    auth: vaultAuthSchema,
    textfile: path('The file that node_exporter collects (*.prom).'),
    page: path('The page of the view (HTML).'),
  },
  'The view of all logins of a site.',
)

type FleetText = NonNullable<v.InferOutput<typeof fleetSchema>>

export interface FleetConfig {
  /** This user's health record, inside the KV mount; null where the user's name can stand in no path. */
  path: string | null
  /** The folder of all records: one below it for each user. */
  folder: string
  publish: boolean
  silentAfterMs: number
  /** How the one who looks signs in to Vault; null: the view is made from the homes of this machine. */
  auth: VaultAuth | null
  textfile: string | null
  page: string | null
}

const standardPath = 'workstation/claude-fleet/{user}'
const isRecordPath = /^[^{}]+\/\{user\}$/

/** `vaultName`: what this user is called in Vault. */
export function resolveFleet(said: FleetText, vaultName: string, to: Resolving): FleetConfig {
  const written = withoutSlashes(said.path ?? standardPath)
  const isUsable = isRecordPath.test(written)
  if (!isUsable)
    to.misfit(
      ['fleet', 'path'],
      'expected a folder and {user}, such as workstation/claude-fleet/{user}',
    )
  const template = isUsable ? written : standardPath
  const isNamed = plainNameSlip(vaultName) === null
  const filled = fillIn(template, { ...to.names, user: vaultName }, 'plain')
  const isSaid = said.tokenFile !== undefined || said.auth !== undefined
  const auth = {
    ...said.auth,
    ...(said.tokenFile === undefined ? {} : { tokenFile: said.tokenFile }),
  }
  return {
    path: isUsable && isNamed && 'value' in filled ? filled.value : null,
    folder: template.slice(0, template.lastIndexOf('/')),
    publish: said.publish ?? true,
    silentAfterMs: to.duration(['fleet', 'silentAfter'], said.silentAfter, {
      defaultMs: 26 * hourMs,
      min: '1h',
      max: '365d',
    }),
    auth: isSaid
      ? resolveVaultAuth(
          auth,
          { at: ['fleet', 'auth'], tokenFile: '/etc/claude-auth/fleet-token' },
          to,
        )
      : null,
    textfile: to.file(['fleet', 'textfile'], said.textfile),
    page: to.file(['fleet', 'page'], said.page),
  }
}

/** `offboard` as written. */
export const offboardSchema = map(
  {
    tokenFile: path(
      'A private file with the Vault token of the admin. Default: ~/.config/claude-auth/admin-token.',
    ),
    auth: vaultAuthSchema,
    wait: duration(
      '7d',
      'How long after the cut a login can be destroyed, 0s to 365d. Default: 7d.',
    ),
    command: commandForm(
      'A program that does the steps of the site: one JSON object on stdin, no shell. Exit code 0: done; 3: left to a person.',
    ),
  },
  'How the login of a person who leaves is ended.',
)

type OffboardText = NonNullable<v.InferOutput<typeof offboardSchema>>

export interface OffboardConfig {
  /** How the admin signs in to Vault; null where what is written can't be used. */
  auth: VaultAuth | null
  waitMs: number
  command: readonly string[] | null
}

/** What does not fit goes to `to.misfit`, and is at its default. */
export function resolveOffboard(said: OffboardText, home: string, to: Resolving): OffboardConfig {
  const auth = {
    ...said.auth,
    ...(said.tokenFile === undefined ? {} : { tokenFile: said.tokenFile }),
  }
  const isRunnable = isFullPath(said.command)
  if (!isRunnable) to.misfit(['offboard', 'command', 0], 'expected the full path of a program')
  return {
    auth: resolveVaultAuth(
      auth,
      { at: ['offboard', 'auth'], tokenFile: `${home}/.config/claude-auth/admin-token` },
      to,
    ),
    waitMs: to.duration(['offboard', 'wait'], said.wait, {
      defaultMs: 7 * dayMs,
      min: '0s',
      max: '365d',
    }),
    command: isRunnable ? (said.command ?? null) : null,
  }
}

/** No blank in it, and no option of git's. */
const oneWord = /^[^\s-]\S*$/

/** `rosterFrom` as written. */
export const rosterFromSchema = v.optional(
  v.pipe(
    v.strictObject(
      {
        repository: matching(
          oneWord,
          'a repository such as /srv/infra.git',
          'The git repository: a folder of this machine, or an address that git can fetch.',
        ),
        ref: text(
          oneWord,
          'a ref such as origin/master',
          'The ref whose commit counts. Default: HEAD.',
        ),
        file: matching(
          /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\s/-]\S*$/,
          'a path inside the repository, such as scripts/roster.yaml',
          'The roster, relative to the repository.',
        ),
      },
      'a map such as {repository: /srv/infra.git, file: roster.yaml}',
    ),
    v.description('Where the roster is committed. Only what is committed counts.'),
  ),
)

type RosterFromText = NonNullable<v.InferOutput<typeof rosterFromSchema>>

export interface RosterFromConfig {
  repository: string
  ref: string
  file: string
}

/** Null where nothing is written. */
export function resolveRosterFrom(said: RosterFromText | undefined): RosterFromConfig | null {
  return said === undefined ? null : { ...said, ref: said.ref ?? 'HEAD' }
}

const repository = v.strictObject(
  {
    name: matching(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name such as infra', 'The name in messages.'),
    repository: matching(
      oneWord,
      'a repository such as /srv/infra.git',
      'The git repository: a folder of this machine, or an address that git can fetch.',
    ),
    branch: text(oneWord, 'a branch such as master', 'The branch that is watched. Default: main.'),
    url: text(
      /^https?:\/\/\S+$/,
      'a web address with {sha} in it',
      'The page of a commit; {sha} is filled in.',
    ),
    reason: text(
      /^(?:body|[A-Za-z][A-Za-z0-9-]*)$/,
      'body, or the name of a trailer such as Why',
      'Where a commit says why: in its body, or in this trailer. Default: body.',
    ),
    maxDeleted: count(
      'How many files one commit may delete without a trailer that says so. Default: 25.',
    ),
    pusher: text(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'the name of a variable such as GL_USER',
      'The variable of the hook that names who pushes.',
    ),
  },
  'a map such as {name: infra, repository: /srv/infra.git}',
)

/** `changes` as written. */
export const changesSchema = v.optional(
  v.pipe(
    v.array(repository, 'a list of {name, repository, branch}'),
    v.description('Repositories whose changes by others than admins are told, with their reason.'),
  ),
)

type ChangesText = NonNullable<v.InferOutput<typeof changesSchema>>

/** One repository that is watched. */
export interface WatchedRepository {
  name: string
  repository: string
  branch: string
  /** The page of a commit, with `{sha}` in it. */
  url: string | null
  /** `body`, or the name of a trailer. */
  reason: string
  maxDeleted: number
  /** The variable of a hook that names who pushes; null: those that are known. */
  pusher: string | null
}

/** With every default. A repository with a name already taken is left out and reported to `misfit`. */
export function resolveChanges(
  said: ChangesText,
  misfit: (path: (string | number)[], what: string) => void,
): WatchedRepository[] {
  const names = new Set<string>()
  return said.flatMap((each, at) => {
    const isTaken = names.has(each.name)
    if (isTaken) misfit(['changes', at, 'name'], 'expected a name that no other repository has')
    names.add(each.name)
    if (isTaken) return []
    return [
      {
        name: each.name,
        repository: each.repository,
        branch: each.branch?.replace(/^refs\/heads\/(?=.)/, '') ?? 'main',
        url: each.url ?? null,
        reason: each.reason ?? 'body',
        maxDeleted: each.maxDeleted ?? 25,
        pusher: each.pusher ?? null,
      },
    ]
  })
}

/** `base` as written. */
export const baseSchema = map(
  {
    folder: path('The shared base, as new users link it.'),
    maxDelete: count('How many files one update may delete. Default: 25.'),
  },
  'The skills, rules, agents and commands that all users share.',
)

type BaseText = NonNullable<v.InferOutput<typeof baseSchema>>

export interface BaseConfig {
  folder: string | null
  maxDelete: number
}

/** What does not fit goes to `to.misfit`. */
export function resolveBase(said: BaseText, to: Resolving): BaseConfig {
  return { folder: to.file(['base', 'folder'], said.folder), maxDelete: said.maxDelete ?? 25 }
}
