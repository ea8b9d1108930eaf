// What has been told of a watched repository: a mark beside a bare clone of ours, and the pushes that hooks have reported.
//
// Both lie where users who may push cannot write: a mark in the repository itself could be pushed.

import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { WatchedRepository } from '../config/admin.js'
import { readerOf } from '../roster/git.js'
import { enterGate, type Gate } from '../system/gate.js'
import {
  flag,
  jsonObject,
  listOf,
  object,
  orNull,
  otherwise,
  readableOf,
  text,
} from '../system/json.js'
import { ownBytes, textAt } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { systemPath, toolPath } from '../system/start-program.js'
import { AuthError, quoted } from '../system/trouble.js'
import { requireTrustedWay } from '../system/trusted-path.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import { type Git, type GitAnswer, gitIn, gitOutput } from './git.js'

/** A push as a hook reported it. */
export interface Push {
  old: string | null
  now: string | null
  pusher: string
}

export interface ToldState {
  /** The newest commit that was told, of the branch that was watched then. The clone has it as a reference, too. */
  told: { branch: string; commit: string } | null
  /** Of commits that are not told yet. */
  pushes: Push[]
  /** A message that some sinks have taken: the others get the same. Its `tip` null: that the branch is gone. */
  pending: { tip: string | null; sentTo: string[] } | null
  /** It is told that the branch is gone. */
  isGoneTold: boolean
}

/** The clone of one entry, ours alone until `leave`. */
export interface Clone {
  git: Git
  gate: Gate
  place: string
  env: Env
  stateFile: string
  branch: string
}

const gitMs = 30_000
/** The first fetch of a large repository. */
const fetchMs = 8 * 60_000
const waitMs = 10 * 60_000
const mostMs = 10 * 60_000

/**
 * Enters the clone of `entry` in `folder`; two runs at once go one after the other. Throws `gate-busy`, `write-failed`, or
 * what `gitOutput` throws; `not-private` where others could have put a clone there.
 */
export function enterClone(entry: WatchedRepository, folder: string, env: Env): Clone {
  const place = join(folder, `${entry.name}.git`)
  requireTrustedWay(place, process.geteuid?.() ?? -1)
  makePrivateFolder(folder)
  const gate = enterGate(join(folder, `${entry.name}.gate`), null, waitMs, { mostMs })
  try {
    // What a run that was killed left of a clone that it made anew.
    rmSync(freshPlace(place), { recursive: true, force: true })
    if (!existsSync(join(place, 'HEAD'))) initClone(place, env, [])
    const stateFile = join(folder, `${entry.name}.json`)
    const git = gitIn(place, env, 'fetch')
    return { git, gate, place, env, stateFile, branch: entry.branch }
  } catch (error) {
    gate.leave()
    throw error
  }
}

function freshPlace(place: string): string {
  return `${place}.new`
}

function initClone(place: string, env: Env, words: readonly string[]): Git {
  makePrivateFolder(place)
  const git = gitIn(place, env, 'fetch')
  const end = git(['init', '--quiet', '--bare', '--template=', ...words], { timeoutMs: gitMs })
  gitOutput(end, 'git init')
  return git
}

const stateIn = object({
  told: otherwise(orNull(object({ branch: text, commit: text })), null),
  pushes: otherwise(readableOf(object({ old: orNull(text), now: orNull(text), pusher: text })), []),
  pending: orNull(object({ tip: orNull(text), sentTo: listOf(text) })),
  isGoneTold: otherwise(flag, false),
})

/** What can't be read counts as unknown: then all is told. */
export function readState({ stateFile }: Clone): ToldState {
  const bytes = existsSync(stateFile) ? ownBytes(stateFile, 4 * 1024 * 1024) : null
  const state = bytes === null ? undefined : stateIn(jsonObject(bytes))
  return state ?? { told: null, pushes: [], pending: null, isGoneTold: false }
}

export function writeState({ stateFile }: Clone, state: ToldState): void {
  atomicWrite(stateFile, `${JSON.stringify(state)}\n`, { nonce: freshNonce() })
}

/**
 * The newest commit of the branch where it is watched; null: there is no such branch. A clone that git cannot fetch into (a kill
 * left its locks, the disk lost a part, another branch's name is in the way) is made anew. Throws `internal`: no answer.
 */
export function fetchTip(clone: Clone, address: string): string | null {
  const { git, branch, place } = clone
  const end = fetchBranch(git, branch, address)
  if (end.code === 0) return fetchedTip(clone)
  const fresh = freshPlace(place)
  const asked = end.why === 'ended' ? freshClone(clone, fresh, address) : null
  if (asked === 'fetched') {
    rmSync(place, { recursive: true, force: true })
    renameSync(fresh, place)
    return fetchedTip(clone)
  }
  rmSync(fresh, { recursive: true, force: true })
  if (asked === 'absent') return null
  gitOutput(end, `git fetch of ${address.replace(/:\/\/[^/@]*@/, '://')}`)
  throw new AuthError('internal', 'git fetch failed')
}

/** A clone at `place`, in the object format of the repository; null: it cannot be reached, or gives nothing. */
function freshClone(
  { env, branch }: Clone,
  place: string,
  address: string,
): 'fetched' | 'absent' | null {
  rmSync(place, { recursive: true, force: true })
  const ref = `refs/heads/${branch}`
  const words = ['ls-remote', '--exit-code', ...senderWords(address), '--', address, ref]
  const asked = initClone(place, env, [])(words, { timeoutMs: gitMs })
  if (asked.code === 2) return 'absent'
  if (asked.code !== 0) return null
  const isLong = /^[0-9a-f]{64}\s/.test(asked.stdout)
  if (isLong) rmSync(place, { recursive: true })
  const git = initClone(place, env, isLong ? ['--object-format=sha256'] : [])
  return fetchBranch(git, branch, address).code === 0 ? 'fetched' : null
}

function fetchBranch(git: Git, branch: string, address: string): GitAnswer {
  const options = ['--quiet', '--force', '--no-tags', '--no-recurse-submodules', '--update-shallow']
  const words = [...quiet, 'fetch', ...options, ...senderWords(address), '--', address]
  return git([...words, `+refs/heads/${branch}:${seenRef(branch)}`], { timeoutMs: fetchMs })
}

function fetchedTip(clone: Clone): string {
  const tip = seenCommit(clone)
  if (tip === null) throw new AuthError('internal', 'git fetch brought no commit')
  return tip
}

function seenRef(branch: string): string {
  return `refs/claude-auth/seen/${branch}`
}

/** The commit of the branch that was fetched last, or null. */
export function seenCommit({ git, branch }: Clone): string | null {
  return commitAt(git, seenRef(branch))
}

/** Nothing goes on in the background behind a run that has ended. */
const quiet = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'core.hooksPath=/dev/null']

/**
 * A folder of this machine may be another user's, and then that user sends what is fetched: what the repository's configuration
 * names is read with their rights, and nothing of it has a terminal of root's.
 */
function senderWords(address: string): string[] {
  const folder = /^(?:file:\/\/)?(\/.*)$/.exec(address)?.[1]
  if (folder === undefined) return []
  const sender = [...asOwnerOf(folder), "git -c 'safe.directory=*' upload-pack"].join(' ')
  return ['--upload-pack', sender]
}

/** Words of a shell before a command; none where it runs as the caller. Throws `not-private`, or `usage` without setpriv. */
function asOwnerOf(folder: string): string[] {
  // What is not there, git says.
  if (!existsSync(folder)) return []
  const uid = process.geteuid?.() ?? -1
  const account = { name: 'root', uid, gid: process.getegid?.() ?? -1, home: '/' }
  const found = readerOf(folder, { account, env: {} })
  if (found.kind === 'trouble')
    throw new AuthError('not-private', `${found.trouble.cause}: ${folder}`, {
      hint: found.trouble.command ?? `namei -l ${quoted(folder)}`,
    })
  const { uid: owner, gid, home } = found.user.account
  if (owner === uid) return []
  if (toolPath('setpriv') === null)
    throw new AuthError('usage', `reading ${folder} as its owner takes setpriv of util-linux`, {
      hint: 'sudo apt install util-linux',
    })
  const less = ['--init-groups', '--inh-caps=-all', '--no-new-privs']
  const become = ['setsid', 'setpriv', `--reuid=${owner}`, `--regid=${gid}`, ...less]
  return [...become, 'env', '-i', `PATH=${systemPath}`, `HOME=${quoted(home)}`]
}

/** The commit that `ref` names, or null. */
export function commitAt(git: Git, ref: string): string | null {
  const end = git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { timeoutMs: gitMs })
  return end.code === 0 ? end.stdout.trim() : null
}

/** The newest commit that was told of the branch; null: nothing was yet. */
export function toldMark({ branch }: Clone, { told }: ToldState): string | null {
  return told?.branch === branch ? told.commit : null
}

/**
 * `state` with a mark that only the clone has, on disk: from an older program, or from when this branch was watched before. For
 * before a fetch, which may make the clone anew.
 */
export function keepMark(clone: Clone, state: ToldState): ToldState {
  const { branch } = clone
  const commit = toldMark(clone, state) === null ? markIn(clone) : null
  if (commit === null) return state
  const kept = { ...state, told: { branch, commit } }
  writeState(clone, kept)
  return kept
}

/** What the reference says, whether or not the clone still has that commit, and where git knows no repository any more. */
function markIn({ git, place, branch }: Clone): string | null {
  const ref = toldRef(branch)
  const end = git(['rev-parse', '--verify', '--quiet', ref], { timeoutMs: gitMs })
  const said = end.code === 0 ? end.stdout : (textAt(join(place, ref), { maxBytes: 4096 }) ?? '')
  return /^[0-9a-f]{40,64}$/.exec(said.trim())?.[0] ?? null
}

function toldRef(branch: string): string {
  return `refs/claude-auth/told/${branch}`
}

/** `state` with `commit` as its mark, on disk. By the reference the clone keeps it, and an older program knows it. */
export function moveMark(clone: Clone, state: ToldState, commit: string): ToldState {
  const { git, branch } = clone
  const moved = { ...state, told: { branch, commit } }
  writeState(clone, moved)
  git(['update-ref', toldRef(branch), commit], { timeoutMs: gitMs })
  return moved
}
