// What has been told of a watched repository: a mark in a bare clone of ours, and the pushes that hooks have reported.
//
// Both lie where users who may push cannot write: a mark in the repository itself could be pushed.

import { existsSync } from 'node:fs'
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
import { ownBytes } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { systemPath, toolPath } from '../system/system-tools.js'
import { AuthError, quoted } from '../system/trouble.js'
import { requireTrustedWay } from '../system/trusted-path.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import { type Git, gitIn, gitOutput } from './git.js'

/** A push as a hook reported it. */
export interface Push {
  old: string | null
  now: string | null
  pusher: string
}

export interface ToldState {
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
    makePrivateFolder(place)
    const git = gitIn(place, env, 'fetch')
    if (!existsSync(join(place, 'HEAD')))
      gitOutput(git(['init', '--quiet', '--bare', '--template='], { timeoutMs: gitMs }), 'git init')
    const stateFile = join(folder, `${entry.name}.json`)
    return { git, gate, stateFile, branch: entry.branch }
  } catch (error) {
    gate.leave()
    throw error
  }
}

const stateIn = object({
  pushes: otherwise(readableOf(object({ old: orNull(text), now: orNull(text), pusher: text })), []),
  pending: orNull(object({ tip: orNull(text), sentTo: listOf(text) })),
  isGoneTold: otherwise(flag, false),
})

/** What can't be read counts as unknown: then all is told. */
export function readState({ stateFile }: Clone): ToldState {
  const bytes = existsSync(stateFile) ? ownBytes(stateFile, 4 * 1024 * 1024) : null
  const state = bytes === null ? undefined : stateIn(jsonObject(bytes))
  return state ?? { pushes: [], pending: null, isGoneTold: false }
}

export function writeState({ stateFile }: Clone, state: ToldState): void {
  atomicWrite(stateFile, `${JSON.stringify(state)}\n`, { nonce: freshNonce() })
}

/** The newest commit of the branch where it is watched; null: there is no such branch. Throws `internal`: no answer. */
export function fetchTip({ git, branch }: Clone, address: string): string | null {
  const seen = `refs/claude-auth/seen/${branch}`
  const ref = `refs/heads/${branch}`
  const end = git([...quiet, ...fetchWords(address), '--', address, `+${ref}:${seen}`], {
    timeoutMs: fetchMs,
  })
  if (end.code === 0) return commitAt(git, seen)
  const asked = git(['ls-remote', '--exit-code', '--', address, ref], { timeoutMs: gitMs })
  if (asked.code === 2) return null
  gitOutput(end, `git fetch of ${address.replace(/:\/\/[^/@]*@/, '://')}`)
  throw new AuthError('internal', 'git fetch failed')
}

/** Nothing goes on in the background behind a run that has ended. */
const quiet = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'core.hooksPath=/dev/null']

/**
 * A folder of this machine may be another user's, and then that user sends what is fetched: what the repository's configuration
 * names is read with their rights, and nothing of it has a terminal of root's.
 */
function fetchWords(address: string): string[] {
  const folder = /^(?:file:\/\/)?(\/.*)$/.exec(address)?.[1]
  const options = ['--quiet', '--force', '--no-tags', '--no-recurse-submodules']
  if (folder === undefined) return ['fetch', ...options]
  const sender = [...asOwnerOf(folder), "git -c 'safe.directory=*' upload-pack"].join(' ')
  return ['fetch', ...options, '--upload-pack', sender]
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

/** The newest commit that was told; null: nothing was yet. */
export function toldMark({ git, branch }: Clone): string | null {
  return commitAt(git, `refs/claude-auth/told/${branch}`)
}

/** Compare-and-set: false where the mark was no longer `old`. */
export function moveMark({ git, branch }: Clone, old: string | null, now: string): boolean {
  const args = ['update-ref', `refs/claude-auth/told/${branch}`, now, old ?? '0'.repeat(now.length)]
  return git(args, { timeoutMs: gitMs }).code === 0
}
