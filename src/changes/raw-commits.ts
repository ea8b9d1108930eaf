// Commits as they are stored, byte by byte: what git log shows of a message ends at a NUL, and is in UTF-8 where git knows the
// encoding that the commit names. A forge or CI may read it otherwise.

import { type Git, gitOutput } from './git.js'

export interface RawCommit {
  /** As the commit names it, every time; none: UTF-8. */
  encodings: readonly string[]
  /** The message, a byte a character. */
  text: string
}

/** The commits of `ids`, by id. Throws as `gitOutput` does. */
export function rawCommits(
  git: Git,
  ids: readonly string[],
  timeoutMs: number,
): Map<string, RawCommit> {
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
