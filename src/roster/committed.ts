// The committed roster: one file at one ref of a git repository, whatever the working tree contains.

import { basename, dirname, join } from 'node:path'
import type { RosterFromConfig } from '../config/admin.js'
import { userPath } from '../config/template.js'
import { rosterLimits } from '../config/yaml.js'
import { type Account, runAsUser } from '../system/as-user.js'
import type { Env } from '../system/paths.js'
import { makeTrouble, quoted, type Trouble } from '../system/trouble.js'
import { accountOf, type Person } from '../system/users.js'
import { clean } from '../text/clean.js'
import {
  clonedFrom,
  type GitEnd,
  type GitLimits,
  type GitUser,
  readerOf,
  readGit,
  shownAddress,
} from './git.js'
import { openPart } from './open-repository.js'

/** The last commit that changed the file, as of the ref. */
export interface RosterCommit {
  sha: string
  /** When it was committed, epoch milliseconds. */
  atMs: number
  /** One line. Untrusted: clean it before it is shown. */
  subject: string
  /** What follows the subject, trailers included. */
  body: string
}

/** The file in one commit; `text` null: it is missing or not UTF-8. */
export interface RosterVersion {
  commit: RosterCommit
  text: string | null
}

export type CommittedRoster =
  | {
      kind: 'read'
      text: string
      commit: RosterCommit
      /** The file in each commit that changed it, newest first; ends early if git gives no answer. */
      versions: () => AsyncGenerator<RosterVersion>
      /** The file in the working tree differs from the committed one: it is being edited. */
      isEdited: boolean
    }
  /** `isAway`: a later try may succeed. */
  | { kind: 'unreadable'; trouble: Trouble; isAway: boolean }

/** Who reads, and where clones of remote repositories are kept. */
export interface CommittedOptions {
  person: Pick<Person, 'uid' | 'user' | 'home'>
  env: Env
  cacheFolder?: string
  timeoutMs?: number
}

const { maxBytes } = rosterLimits
const standardMs = 20_000

/**
 * Reads `REF:FILE` of the repository. A local folder is read in place; a remote is fetched first, and one that gives no answer
 * is unreadable even if there is an older clone of it. Never throws.
 */
export async function committedRoster(
  { repository, ref, file }: RosterFromConfig,
  { person, env, cacheFolder = cacheOf(person), timeoutMs = standardMs }: CommittedOptions,
): Promise<CommittedRoster> {
  const asking = askingAs(person, env)
  const limits = { timeoutMs, maxBytes }
  const here = folderOf(repository, person.home)
  const found =
    here !== null
      ? { kind: 'folder' as const, folder: here }
      : await clonedFrom(repository, asking, { cacheFolder, ref, ...limits })
  if (found.kind === 'trouble') return unreadable(found.trouble, true)
  const { folder } = found
  const reader = readerOf(folder, asking)
  if (reader.kind === 'trouble') return unreadable(reader.trouble)
  const git = (...args: string[]) => readGit(reader.user, folder, args, limits)

  const places = await git('rev-parse', '--absolute-git-dir', '--git-common-dir')
  const gitFolders = places.kind === 'done' ? places.output.toString().trim().split('\n') : []
  // What HEAD, or another symbolic one, leads to.
  const full = await git('rev-parse', '--symbolic-full-name', '--end-of-options', ref)
  // Some versions of git print the option, too.
  const name = full.kind === 'done' ? full.output.toString().trim().split('\n').at(-1) : undefined
  const names = name === undefined ? [ref] : [ref, name]
  const open = openPart(folder, gitFolders, names)
  if (open !== null)
    return unreadable(
      makeTrouble('every user here could commit another roster', {
        place: open,
        command: `sudo chmod -R o-w ${quoted(folder)}`,
      }),
    )
  const tip = await tipOf(git, ref)
  if (typeof tip !== 'string') return notFound(tip, `the repository has no ref ${ref}`, repository)
  const inTheWay = await noFileAt(git, tip, file)
  if (inTheWay !== null) return notFound(null, inTheWay, repository)
  const blob = await git('cat-file', 'blob', `${tip}:${file}`)
  if (blob.kind !== 'done') return notFound(blob, `${ref} has no file ${file}`, repository)
  const last = await git('rev-list', '--max-count=1', tip, '--', file)
  const sha = last.kind === 'done' ? last.output.toString().trim() : ''
  const about = await git('cat-file', 'commit', sha === '' ? tip : sha)
  if (about.kind !== 'done') return notFound(about, `${ref} has no commit`, repository)
  const text = textOf(blob.output)
  if (text === null) return notFound(null, `${file} is no text`, repository)
  return {
    kind: 'read',
    text,
    commit: commitIn(sha === '' ? tip : sha, about.output.toString()),
    versions: () => versionsOf(git, tip, file),
    isEdited: await isEdited(git, { folder, file }, path =>
      bytesAsUser(reader.user.account, path, limits),
    ),
  }
}

/** More are not asked for. */
const mostVersions = 200

async function* versionsOf(git: Git, tip: string, file: string): AsyncGenerator<RosterVersion> {
  const list = await git('rev-list', `--max-count=${mostVersions}`, tip, '--', file)
  if (list.kind !== 'done') return
  for (const sha of list.output.toString().split('\n').filter(Boolean)) {
    const about = await git('cat-file', 'commit', sha)
    const blob = await git('cat-file', 'blob', `${sha}:${file}`)
    if (about.kind !== 'done' || blob.kind === 'trouble') return
    const text = blob.kind === 'done' ? textOf(blob.output) : null
    yield { commit: commitIn(sha, about.output.toString()), text }
  }
}

/** Why `file` can't be read: it, or a folder on its path, is a link, a submodule or a folder. Null: it can. */
async function noFileAt(git: Git, tip: string, file: string): Promise<string | null> {
  const parts = file.split('/')
  const way = parts.map((_, at) => parts.slice(0, at + 1).join('/'))
  const list = await git('ls-tree', '-z', '--full-tree', tip, '--', ...way)
  const entries = list.kind === 'done' ? list.output.toString().split('\0') : []
  for (const entry of entries) {
    const [about = '', path = ''] = entry.split('\t')
    if (!way.includes(path)) continue
    const mode = about.split(' ')[0]
    if (mode === '120000') return `${path} is a link there: name the file that it leads to`
    if (mode === '160000')
      return `${path} is a submodule: name the repository that holds the roster`
    if (mode === '040000' && path === file) return `${path} is a folder`
  }
  return null
}

/** The file beside a checked-out one, as another commit has it. `absent`: the commit has no such file. */
export type EarlierText =
  | { kind: 'read'; text: string }
  | { kind: 'absent' }
  | { kind: 'unreadable'; trouble: Trouble }

/** `REF:FILE` of the working tree in which the file `path` (absolute) lies, read as the caller; by root, as its owner. Never throws. */
export async function earlierText(
  ref: string,
  path: string,
  { person, env, timeoutMs = standardMs }: CommittedOptions,
): Promise<EarlierText> {
  const asking = askingAs(person, env)
  const limits = { timeoutMs, maxBytes }
  const reader = readerOf(dirname(path), asking)
  if (reader.kind === 'trouble') return { kind: 'unreadable', trouble: reader.trouble }
  const git = (...args: string[]) => readGit(reader.user, dirname(path), args, limits)
  const place = shownAddress(path)
  if (ref.startsWith('-')) return { kind: 'unreadable', trouble: makeTrouble('this is no ref') }
  const tip = await git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)
  if (tip.kind !== 'done')
    return {
      kind: 'unreadable',
      trouble:
        tip.kind === 'trouble'
          ? { ...tip.trouble, place }
          : makeTrouble(`there is no commit ${clean(ref, 60)} here`, {
              place,
              command: await fetchCommand(git),
            }),
    }
  const sha = tip.output.toString().trim()
  const blob = await git('cat-file', 'blob', `${sha}:./${basename(path)}`)
  if (blob.kind === 'trouble') return { kind: 'unreadable', trouble: { ...blob.trouble, place } }
  const text = blob.kind === 'done' ? textOf(blob.output) : null
  return text === null ? { kind: 'absent' } : { kind: 'read', text }
}

/** The command that fetches a missing commit: CI often has only the newest. */
async function fetchCommand(git: Git): Promise<string> {
  const end = await git('rev-parse', '--is-shallow-repository')
  const isShallow = end.kind === 'done' && end.output.toString().trim() === 'true'
  return isShallow ? 'git fetch --unshallow' : 'git fetch'
}

/** The local folder of a repository; null: a remote, by URL or `host:path`. */
function folderOf(repository: string, home: string): string | null {
  if (/^(?:\/|~\/)/.test(repository)) return userPath(repository, home)
  return /^file:\/\/(?=\/)/.test(repository) ? userPath(repository.slice(7), home) : null
}

function askingAs({ uid, user, home }: CommittedOptions['person'], env: Env): GitUser {
  const known = accountOf(uid)
  const gid = known?.gid ?? process.getegid?.() ?? uid
  return { account: { name: known?.name ?? user, uid, gid, home }, env }
}

/** Root's clones are the machine's; another user's are their own. */
function cacheOf({ uid, home }: CommittedOptions['person']): string {
  return uid === 0 ? '/var/cache/claude-auth/git' : join(home, '.cache', 'claude-auth', 'git')
}

type Git = (...args: string[]) => Promise<GitEnd>

/** A clone may have `master` only as `origin/master`; a bare repository has `origin/master` only as `master`. */
async function tipOf(git: Git, ref: string): Promise<string | GitEnd> {
  const commitOf = (name: string) => git('rev-parse', '--verify', '--quiet', `${name}^{commit}`)
  const asSaid = await commitOf(ref)
  if (asSaid.kind === 'done') return asSaid.output.toString().trim()
  const branch = /^origin\/(.+)$/.exec(ref)?.[1]
  const other = await commitOf(
    branch !== undefined && (await isBare(git))
      ? `refs/heads/${branch}`
      : `refs/remotes/origin/${ref}`,
  )
  return other.kind === 'done' ? other.output.toString().trim() : asSaid
}

async function isBare(git: Git): Promise<boolean> {
  const end = await git('rev-parse', '--is-bare-repository')
  return end.kind === 'done' && end.output.toString().trim() === 'true'
}

/**
 * Does the file in the working tree or the index differ from the checked-out commit, line ends aside? The repository says where
 * the working tree is, so `read` must run as the owner of the repository.
 */
async function isEdited(
  git: Git,
  { folder, file }: { folder: string; file: string },
  read: (path: string) => Promise<Buffer | null>,
): Promise<boolean> {
  const top = await git('rev-parse', '--show-toplevel')
  // A bare repository has no working tree.
  if (top.kind !== 'done') return false
  const path = join(top.output.toString().replace(/\n$/, '') || folder, file)
  const here = await read(path)
  const head = await git('cat-file', 'blob', `HEAD:${file}`)
  const staged = await git('cat-file', 'blob', `:${file}`)
  const committed = head.kind === 'done' ? plain(head.output) : null
  return [here, staged.kind === 'done' ? staged.output : null].some(
    each => (each === null ? null : plain(each)) !== committed,
  )
}

/** Null: missing, not a file, not readable by that user, too large, or no answer in time. */
async function bytesAsUser(
  account: Account,
  path: string,
  { timeoutMs, maxBytes: keepBytes }: GitLimits,
): Promise<Buffer | null> {
  const reading = '[ -f "$1" ] && exec cat -- "$1"'
  const options = { timeoutMs, keepBytes }
  const end = await runAsUser(account, '/bin/sh', ['-c', reading, 'sh', path], options)
  return end.kind === 'ended' && end.code === 0 ? end.wrote : null
}

function plain(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll('\r\n', '\n')
}

function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** A commit object: headers, a blank line, the message (gitformat-pack). */
function commitIn(sha: string, object: string): RosterCommit {
  const at = object.indexOf('\n\n')
  const [subject = '', ...rest] = object
    .slice(at + 2)
    .trim()
    .split('\n')
  const seconds = /^committer .* (\d+) [+-]\d{4}$/m.exec(object.slice(0, at))?.[1]
  return { sha, atMs: Number(seconds ?? 0) * 1000, subject, body: rest.join('\n').trim() }
}

function unreadable(trouble: Trouble, isAway = false): CommittedRoster {
  return { kind: 'unreadable', trouble, isAway }
}

function notFound(end: GitEnd | null, cause: string, repository: string): CommittedRoster {
  if (end?.kind === 'trouble')
    return unreadable({ ...end.trouble, place: shownAddress(repository) })
  const advice = end?.kind === 'refused' && end.said !== '' ? end.said : null
  return unreadable(makeTrouble(cause, { place: shownAddress(repository), advice }))
}
