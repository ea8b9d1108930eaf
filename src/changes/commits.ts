// Commits as git tells them and as they are stored, and questions about how they hang together.

import { type Git, type GitAnswer, gitOutput } from './git.js'

/** One commit as git log shows it; its texts are not trusted. */
export interface LoggedCommit {
  id: string
  parents: readonly string[]
  author: string
  authorEmail: string
  /** Subject and body. */
  message: string
  /** Files that it adds and deletes; moved ones are neither. Of a merge nothing is told. */
  added: number
  deleted: readonly string[]
  /** Files of whose content nothing is left although something stands in their place. */
  emptied: readonly string[]
}

export interface Commit extends LoggedCommit {
  /** What it is in the repository, whatever is shown of it. */
  raw: RawCommit
}

/** With what is stored of each. Throws as `gitOutput` does. */
export function withRaw(git: Git, logged: readonly LoggedCommit[], timeoutMs: number): Commit[] {
  const ids = logged.map(({ id }) => id)
  const stored = rawCommits(git, ids, timeoutMs)
  return logged.map(each => ({
    ...each,
    raw: stored.get(each.id) ?? { encodings: [], text: each.message },
  }))
}

const format = ['%H', '%P', '%an', '%ae', '%B'].map(field => `${field}%x00`).join('')

/** Moves are found by content, with bounds: of very many files only those that moved unchanged. Submodules count like files. */
const differences = ['-M', '-l100', '--ignore-submodules=none']

/**
 * The commits of `tip` that `without` has not, children first, as one `git log`; at most `most` of them. Settings of the
 * repository that would change its form are overruled.
 */
export function logArguments(tip: string, without: readonly string[], most: number): string[] {
  return [
    ...['-c', 'log.showRoot=true', '-c', 'log.showSignature=false', '-c', 'log.diffMerges=off'],
    ...['-c', 'diff.orderFile=/dev/null'],
    ...['log', '-z', '--topo-order', '--no-color', '--no-decorate', '--no-notes', '--no-mailmap'],
    ...['--encoding=UTF-8', `--format=${format}`, '--raw', '--no-abbrev', ...differences],
    ...[`--max-count=${most}`, tip, ...without.map(each => `^${each}`), '--'],
  ]
}

/** Reads what `git log` with `logArguments` wrote. */
export function readCommits(text: string): LoggedCommit[] {
  const words = text.split('\0')
  const commits: LoggedCommit[] = []
  let at = 0
  while (at + 5 < words.length) {
    const [id = '', parents = '', author = '', authorEmail = '', message = ''] = words.slice(
      at,
      at + 5,
    )
    // Behind the message stands an empty word: the end of its own.
    at += 6
    const entries: Entry[] = []
    for (; /^\n?:/.test(words[at] ?? ''); at += /^[RC]/.test(entries.at(-1)?.kind ?? '') ? 3 : 2)
      entries.push(readEntry(words[at] ?? '', words[at + 1] ?? ''))
    const pathsOf = (kind: string) =>
      entries.filter(entry => entry.kind === kind).map(({ path }) => path)
    commits.push({
      id,
      parents: parents === '' ? [] : parents.split(' '),
      author,
      authorEmail,
      message,
      added: pathsOf('A').length,
      deleted: pathsOf('D'),
      emptied: emptiedIn(entries),
    })
  }
  return commits
}

/** One entry of `--raw` (git-diff(1), raw output format); of a move the old path. */
interface Entry {
  /** The first letter of its status. */
  kind: string
  from: { mode: string; blob: string }
  to: { mode: string; blob: string }
  path: string
}

function readEntry(entry: string, path: string): Entry {
  const [from = '', to = '', old = '', now = '', status = ''] = entry
    .replace(/^\n?:/, '')
    .split(' ')
  const kind = status.slice(0, 1)
  return { kind, from: { mode: from, blob: old }, to: { mode: to, blob: now }, path }
}

/** The blob without a byte, by SHA-1 and by SHA-256. */
const emptyBlobs = [
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
]
/** So many different files that all become the same one are replaced, not changed. */
const sameAtLeast = 3

/** As git's modes have it: neither a link (120000) nor a submodule (160000). */
function isFile(mode: string): boolean {
  return mode.startsWith('100')
}

/** Files that were emptied, replaced by a link or a submodule, or by one text for all of them. */
function emptiedIn(entries: readonly Entry[]): string[] {
  const changed = entries.filter(({ kind }) => kind === 'M')
  const before = new Map<string, Set<string>>()
  for (const { from, to } of changed)
    before.set(to.blob, (before.get(to.blob) ?? new Set()).add(from.blob))
  const isStub = (blob: string) =>
    emptyBlobs.includes(blob) || (before.get(blob)?.size ?? 0) >= sameAtLeast
  return entries
    .filter(
      ({ kind, from, to }) =>
        (kind === 'T' && !isFile(to.mode)) ||
        (kind === 'M' && from.blob !== to.blob && isStub(to.blob)),
    )
    .map(({ path }) => path)
}

/** The files that `commit` has. */
export function countFiles(git: Git, commit: string, timeoutMs: number): number {
  const list = git(['ls-tree', '-r', '-z', '--name-only', commit], { timeoutMs })
  return gitOutput(list, 'git ls-tree').split('\0').length - 1
}

/** For each pair of a merge and one of its parents: the files that the parent has and of which the merge has nothing left. */
export function deletedByMerges(
  git: Git,
  pairs: readonly (readonly [merge: string, parent: string])[],
  timeoutMs: number,
): Map<string, string[]> {
  const deleted = new Map<string, string[]>()
  if (pairs.length === 0) return deleted
  const input = `${pairs.map(pair => pair.join(' ')).join('\n')}\n`
  const args = ['diff-tree', '--stdin', '-r', '-z', '--raw', '--no-abbrev', ...differences]
  const end: GitAnswer = git([...args, '--diff-filter=DMT'], { timeoutMs, input })
  let merge = ''
  let entries: Entry[] = []
  const close = () => {
    const gone = entries.filter(({ kind }) => kind === 'D').map(({ path }) => path)
    const lost = [...gone, ...emptiedIn(entries)]
    if (lost.length > 0) deleted.set(merge, [...(deleted.get(merge) ?? []), ...lost])
    entries = []
  }
  const words = gitOutput(end, 'git diff-tree').split('\0')
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word.startsWith(':')) entries.push(readEntry(word, words[++at] ?? ''))
    else {
      close()
      merge = word
    }
  }
  close()
  return deleted
}

/** Those of `commits` (children first) that are `base` or come from it. */
export function descendantsOf(base: string, commits: readonly Commit[]): Set<string> {
  const found = new Set([base])
  for (const { id, parents } of [...commits].reverse())
    if (parents.some(parent => found.has(parent))) found.add(id)
  return found
}

/** Those of `commits` that `tip` is or comes from, up to where `commits` end. */
export function ancestorsOf(tip: string, commits: readonly Commit[]): Set<string> {
  const known = new Map(commits.map(commit => [commit.id, commit]))
  const found = new Set<string>()
  const open = [tip]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const commit = found.has(id) ? undefined : known.get(id)
    if (commit === undefined) continue
    found.add(id)
    open.push(...commit.parents)
  }
  return found
}

/** A change of a branch: a commit on its main line, and the commits that came with it if it is a merge. */
export interface Change {
  commit: Commit
  /** `commit` itself is the first. */
  all: readonly Commit[]
}

/** `commits` (children first) as changes of the branch whose newest is `tip`, oldest first. */
export function changesOf(tip: string, commits: readonly Commit[]): Change[] {
  const known = new Map(commits.map(commit => [commit.id, commit]))
  const line: Commit[] = []
  for (let each = known.get(tip); each !== undefined; each = known.get(each.parents[0] ?? ''))
    line.unshift(each)
  const told = new Set(line.map(({ id }) => id))
  return line.map(commit => {
    const others = commit.parents.slice(1)
    const all = [commit]
    const open = [...others]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const brought = told.has(id) ? undefined : known.get(id)
      if (brought === undefined) continue
      told.add(id)
      all.push(brought)
      open.push(...brought.parents)
    }
    return { commit, all }
  })
}

export interface RawCommit {
  /** As the commit names it, every time; none: UTF-8. */
  encodings: readonly string[]
  /** The message, a byte a character. */
  text: string
}

/** The commits of `ids`, by id. Throws as `gitOutput` does. */
function rawCommits(git: Git, ids: readonly string[], timeoutMs: number): Map<string, RawCommit> {
  const found = new Map<string, RawCommit>()
  if (ids.length === 0) return found
  const input = `${ids.join('\n')}\n`
  const end = git(['cat-file', '--batch'], { timeoutMs, input, isBinary: true })
  const bytes = gitOutput(end, 'git cat-file')
  for (let at = 0; at < bytes.length; ) {
    const headEnd = bytes.indexOf('\n', at)
    const [id = '', , size = ''] = bytes.slice(at, headEnd).split(' ')
    const from = headEnd + 1
    at = from + Number(size) + 1
    if (headEnd < 0 || !(at > from)) break
    found.set(id, readRaw(bytes.slice(from, at - 1)))
  }
  return found
}

/** A commit object: lines of its head, an empty one, the message. */
function readRaw(object: string): RawCommit {
  const gap = object.indexOf('\n\n')
  const head = gap < 0 ? object : object.slice(0, gap)
  const name = 'encoding '
  const lines = head.split('\n').filter(line => line.startsWith(name))
  const encodings = lines.map(line => line.slice(name.length))
  return { encodings, text: gap < 0 ? '' : object.slice(gap + 2) }
}

/** Encodings in which what is ASCII stands for itself, so that every reader sees the same words. */
const plainEncodings =
  /^(?:utf-?8|us-?ascii|ascii|(?:iso[_-]?)?8859[-_]\d+|iso8859-\d+|latin-?\d|(?:windows|cp)-?125\d|koi8-?[ru]|euc-?\w+|gbk|gb2312|gb18030|big5|shift[_-]?jis|sjis)$/i

/** Can everybody read it, with the encoding or without? */
export function isReadable({ encodings }: RawCommit): boolean {
  return encodings.every(each => plainEncodings.test(each))
}
