// Git as a child process that reads or clones a repository: without the caller's environment, hooks, a pager, or any program of the repository's configuration.

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Account, type EndedAsUser, runAsUser } from '../system/as-user.js'
import type { Env } from '../system/paths.js'
import { toolPath } from '../system/start-program.js'
import {
  AuthError,
  errorTrouble,
  makeTrouble,
  quoted,
  systemCode,
  type Trouble,
} from '../system/trouble.js'
import { distrustOf, requireTrustedWay } from '../system/trusted-path.js'
import { accountOf } from '../system/users.js'
import { freshNonce, writeFailed } from '../system/write-file.js'
import { clean } from '../text/clean.js'

/** What git wrote, or its refusal: the code it ended with, and the line in which it says what failed. */
export type GitEnd =
  | { kind: 'done'; output: Buffer }
  | { kind: 'refused'; code: number; said: string }
  | { kind: 'trouble'; trouble: Trouble }

export interface GitLimits {
  timeoutMs: number
  /** More output than this counts as no answer. */
  maxBytes: number
}

/** Who runs git, and the part of their environment that a connection needs. */
export interface GitUser {
  account: Account
  env: Env
}

/**
 * Settings that win over those of the repository. Only plumbing runs under them, which starts no program of a
 * configuration but for the objects of a partial clone: no protocol is allowed for those.
 */
const readingRules = [
  'protocol.allow=never',
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'log.showSignature=false',
  'advice.graftFileDeprecated=false',
]

const fetchingRules = [
  'protocol.ext.allow=never',
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.graftFileDeprecated=false',
]

const gitEnv = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  GIT_PAGER: 'cat',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  LC_ALL: 'C',
}

/** Reads from the repository `folder` as `user`. Never throws. */
export function readGit(user: GitUser, folder: string, args: string[], limits: GitLimits) {
  return run(user, [...settings(readingRules), '-C', folder, ...args], limits)
}

/** Creates or updates a repository of ours, over any of git's own protocols. Never throws. */
function fetchGit(user: GitUser, args: string[], limits: GitLimits) {
  return run(user, [...settings(fetchingRules), ...args], limits)
}

/**
 * Who reads the repository `folder`: its owner, where root asks, so that nothing of it runs with more rights than
 * who made it has, and git asks for no `safe.directory`; else the caller. Trouble where others could have
 * put it there.
 */
export function readerOf(
  folder: string,
  asking: GitUser,
): { kind: 'reader'; user: GitUser } | { kind: 'trouble'; trouble: Trouble } {
  const { account } = asking
  const owner = ownerOf(folder)
  if ('code' in owner) {
    const cause =
      owner.code === 'ENOENT' ? 'there is no repository' : 'the repository is closed to us'
    return told(cause, folder, `ls -ld ${quoted(folder)}`)
  }
  const reader = account.uid === 0 && owner.uid !== 0 ? accountOf(owner.uid) : account
  if (reader === null)
    return told(`the repository belongs to user ${owner.uid}, who has no account here`, folder)
  // A group that may push may write there: whose members decide what is committed, as on a forge.
  const distrust = distrustOf(folder, owner.uid)
  if (distrust !== null && distrust.path !== folder)
    return told(
      `others could put another repository there: ${distrust.path} ${distrust.why}`,
      folder,
    )
  return { kind: 'reader', user: { account: reader, env: asking.env } }
}

function told(cause: string, folder: string, command: string | null = null) {
  return { kind: 'trouble', trouble: makeTrouble(cause, { place: folder, command }) } as const
}

function ownerOf(folder: string): { uid: number } | { code: string } {
  try {
    lstatSync(folder)
    return { uid: statSync(folder).uid }
  } catch (error) {
    return { code: systemCode(error) ?? 'unknown' }
  }
}

/** `readerOf` has already checked the owner of the repository. */
function settings(rules: string[]): string[] {
  return [...rules, 'safe.directory=*'].flatMap(rule => ['-c', rule])
}

async function run(
  { account, env }: GitUser,
  args: string[],
  { timeoutMs, maxBytes }: GitLimits,
): Promise<GitEnd> {
  const git = toolPath('git')
  if (git === null)
    return {
      kind: 'trouble',
      trouble: makeTrouble('git is not installed', { command: 'apt install git' }),
    }
  const agent = env['SSH_AUTH_SOCK']
  const end = await runAsUser(account, git, args, {
    timeoutMs,
    keepBytes: maxBytes,
    env: { ...gitEnv, ...(agent ? { SSH_AUTH_SOCK: agent } : {}) },
  })
  if (end.kind !== 'ended') return failed(whyNot(end, timeoutMs))
  if (end.code === 0) return { kind: 'done', output: end.wrote }
  return { kind: 'refused', code: end.code ?? -1, said: failureLine(end.said) }
}

function whyNot(end: Exclude<EndedAsUser, { kind: 'ended' }>, timeoutMs: number): string {
  if (end.kind === 'not-started') return `git could not be started: ${end.why}`
  return end.kind === 'late'
    ? `git did not end within ${Math.round(timeoutMs / 1000)} s`
    : 'git gave more than was asked for'
}

function failed(cause: string): GitEnd {
  return { kind: 'trouble', trouble: makeTrouble(cause) }
}

/** The first line in which git says what failed, without the password that an address may contain. */
function failureLine(said: string): string {
  const lines = said.split('\n').filter(line => line.trim() !== '')
  const line = lines.find(each => /^(?:fatal|error):/.test(each)) ?? lines.at(-1) ?? ''
  return clean(line.replace(/:\/\/[^/@\s]*@/g, '://'), 160)
}

/** The address without its password. */
export function shownAddress(repository: string): string {
  return clean(repository.replace(/:\/\/[^/@]*@/, '://'), 120)
}

/**
 * The clone of a remote repository, brought up to date: bare, ours alone, one folder for each address. One that git cannot
 * fetch into (a kill left its locks, it is of the other object format) is made anew. Never throws.
 */
export async function clonedFrom(
  address: string,
  asking: GitUser,
  { cacheFolder, ref, ...limits }: { cacheFolder: string; ref: string } & GitLimits,
): Promise<{ kind: 'folder'; folder: string } | { kind: 'trouble'; trouble: Trouble }> {
  const place = shownAddress(address)
  const digest = createHash('sha256').update(address).digest('hex').slice(0, 16)
  const folder = join(cacheFolder, `${digest}.git`)
  try {
    requireTrustedWay(folder, asking.account.uid)
    makeFolder(cacheFolder)
    const fetching: Fetching = { address, ref, asking, limits }
    const fetched = await fetchInto(folder, fetching)
    if (fetched.kind === 'done') return { kind: 'folder', folder }
    if (fetched.kind === 'refused' && (await isMadeAnew(folder, fetching)))
      return { kind: 'folder', folder }
    const advice = fetched.kind === 'refused' ? fetched.said : fetched.trouble.cause
    const cause = 'the repository of the roster gives no answer'
    return { kind: 'trouble', trouble: makeTrouble(cause, { place, advice }) }
  } catch (error) {
    if (error instanceof AuthError) return { kind: 'trouble', trouble: errorTrouble(error) }
    throw error
  }
}

interface Fetching {
  address: string
  ref: string
  asking: GitUser
  limits: GitLimits
}

/** `format`: options of `git init`, which leaves a repository that is there as it is. */
async function fetchInto(
  folder: string,
  { address, ref, asking, limits }: Fetching,
  format: readonly string[] = [],
): Promise<GitEnd> {
  const init = ['init', '--quiet', '--bare', '--template=', ...format, folder]
  const made = await fetchGit(asking, init, limits)
  if (made.kind !== 'done') return made
  const heads = ref === 'HEAD' ? ['+HEAD:refs/remotes/origin/HEAD'] : []
  const refs = [...heads, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*']
  const options = ['--quiet', '--force', '--prune', '--no-tags', '--no-recurse-submodules']
  const fetch = ['-C', folder, 'fetch', ...options, '--', address, ...refs]
  return fetchGit(asking, fetch, limits)
}

/**
 * Replaces the clone in `folder` by a new one, where the repository answers; the old one stays until the new one is whole. Throws
 * `write-failed`.
 */
async function isMadeAnew(folder: string, fetching: Fetching): Promise<boolean> {
  const { address, asking, limits } = fetching
  const asked = await fetchGit(asking, ['ls-remote', '--heads', '--', address], limits)
  if (asked.kind !== 'done') return false
  const isLong = /^[0-9a-f]{64}\s/.test(asked.output.toString('latin1', 0, 100))
  // Another run may be at the same: each makes its own, and the last one stays.
  const nonce = freshNonce()
  const [fresh, old] = [`${folder}.${nonce}.new`, `${folder}.${nonce}.old`]
  try {
    const fetched = await fetchInto(fresh, fetching, isLong ? ['--object-format=sha256'] : [])
    if (fetched.kind !== 'done') return false
    if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) renameSync(folder, old)
    renameSync(fresh, folder)
    return true
  } catch (error) {
    throw writeFailed(folder, error, `could not replace ${folder}`)
  } finally {
    for (const each of [fresh, old]) rmSync(each, { recursive: true, force: true })
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeFailed(folder, error, `could not make ${folder}`)
  }
}
