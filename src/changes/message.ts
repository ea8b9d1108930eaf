// What a commit's message says: its subject, its reason, the trailers below it, and whether it makes CI stay away. Pure.

/** Said by tools or for the record: no reason for anything. git takes blanks before the colon (git-interpret-trailers(1)). */
const trailer = /^[A-Za-z][A-Za-z0-9_-]*[ \t]*:(?:\s|$)/
/** These say why although they look like trailers. */
const saysWhy = /^(?:why|reason|because|motivation|context|background)\s*:/i
/** A word before the number of an issue, and what such a number looks like: `#12`, `site/infra!3`, `ABC-123`. */
const closing =
  '(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?|refs?|see|issues?|tickets?|implements?|addresses|relates to|related to|part of)'
const issue = '(?:[\\w./-]*[#!]\\d+|[a-z][a-z0-9]*-\\d+|https?:\\/\\/\\S+)'
const made = [
  // The footer of the client, and of tools like it.
  /^\W*(?:generated|created|made|authored|written) (?:with|by|using) /i,
  /^\(cherry picked from commit [0-9a-f]+\)$/i,
  /^this reverts commit [0-9a-f]+[.,]?(?:, reversing)?$/i,
  /^#/,
  // An address alone says where, not why; so do numbers of issues.
  /^<?https?:\/\/\S+>?$/i,
  new RegExp(
    `^(?:${closing}[:\\s]+)?${issue}(?:[\\s,;]+(?:and\\s+)?(?:${closing}[:\\s]+)?${issue})*[\\s.]*$`,
    'i',
  ),
]

/** In one line what stands before the first empty line, as git has it (git-commit(1), discussion). */
export function subjectOf(message: string): string {
  return partsOf(message)
    .subject.map(line => line.trim())
    .join(' ')
    .trim()
}

/**
 * Why, in one line: the first line of the body that is no trailer, or the trailer `where` (`body`: the body). Null where
 * nothing is said, or only the subject once more.
 */
export function reasonOf(message: string, where: string): string | null {
  if (where !== 'body') {
    const value = trailerValue(message, where)
    return value !== null && hasWords(value) ? value : null
  }
  const subject = plain(subjectOf(message))
  const said = ownLines(bodyLines(message)).filter(line => hasWords(line) && !isForTheRecord(line))
  const reason = said.filter(line => plain(line) !== subject)
  // The subject once more, broken into lines.
  if (reason.length === 0 || plain(said.join(' ')) === subject) return null
  return reason[0] ?? null
}

/** The value of the trailer `name`, what is indented below it included; the last one counts. */
function trailerValue(message: string, name: string): string | null {
  const lines = bodyLines(message)
  const at = lines.findLastIndex(line => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  if (at < 0) return null
  const more = lines.slice(at + 1)
  const end = more.findIndex(line => !/^\s+\S/.test(line))
  const whole = [
    lines[at]?.slice(name.length + 1) ?? '',
    ...more.slice(0, end < 0 ? undefined : end),
  ]
  return whole
    .map(line => line.trim())
    .join(' ')
    .trim()
}

function bodyLines(message: string): readonly string[] {
  return partsOf(message).body
}

function partsOf(message: string): { subject: readonly string[]; body: readonly string[] } {
  const lines = message.split('\n')
  const isEmpty = (line: string) => /^[ \t\r]*$/.test(line)
  const from = Math.max(
    0,
    lines.findIndex(line => !isEmpty(line)),
  )
  const length = lines.slice(from).findIndex(isEmpty)
  const end = length < 0 ? lines.length : from + length
  return { subject: lines.slice(from, end), body: lines.slice(end) }
}

/** Without what is indented below a trailer with a value, or below a list of conflicts: it belongs to that. */
function ownLines(lines: readonly string[]): string[] {
  let isBelow = false
  return lines.filter(line => {
    const words = line.trim()
    const isBegun = /:\s*\S|^conflicts:/i.test(words) && trailer.test(words)
    isBelow = (isBelow && /^\s/.test(line)) || (isBegun && !saysWhy.test(words))
    return !isBelow
  })
}

function isForTheRecord(line: string): boolean {
  const words = line.trim()
  if (saysWhy.test(words)) return false
  return trailer.test(words) || made.some(form => form.test(words))
}

/** Letters that nobody sees are none. */
function hasWords(text: string): boolean {
  const seen = text.replace(/\p{Default_Ignorable_Code_Point}/gu, '')
  return (seen.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 3
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/**
 * What makes a forge or CI skip a push, by their documents: GitHub, GitLab, Gitea and Forgejo, Woodpecker, Azure DevOps,
 * Buildkite, CircleCI, Travis, AppVeyor, Netlify, Codeship, Cloudflare Pages, Vercel, SourceHut.
 */
const services =
  'ci|actions?|workflows?|pipelines?|build|cd|checks|travis(?: ?ci)?|appveyor|circle ?ci|buildkite|woodpecker|drone|netlify|vercel|azurepipelines|azpipelines|azp|gitlab|jenkins|render|cirrus|semaphore|cf[ -]?pages|amplify|heroku|codeship'
const skips = [
  // Of whatever service, and of parts of it: `[skip bitrise]`, `[deploy skip]`, `[skip ci:all]`.
  /\[\s*skip[ _-]+[\w.-]+(?::[\w.-]+)?\s*\]/i,
  /\[\s*[\w.-]+[ _-]+skip\s*\]/i,
  new RegExp(`\\[\\s*(?:skip|no)[ _-]*(?:${services})\\s*\\]`, 'i'),
  new RegExp(`\\[\\s*(?:${services})[ _-]*(?:skip|off)\\s*\\]`, 'i'),
  /\*\*\*NO_CI\*\*\*/i,
  new RegExp(
    `^[ \\t]*(?:(?:skip|no)[_-](?:${services})|(?:${services})[_-]skip)[ \\t]*:[ \\t]*(?:true|yes|on|1)[ \\t\\r]*$`,
    'im',
  ),
  /(?:^|\s)--skip-ci(?:\s|$)/i,
]

/** The words of `message` that make CI skip it, or null. */
export function ciSkipIn(message: string): string | null {
  for (const form of skips) {
    const found = form.exec(message)
    if (found !== null) return found[0].trim()
  }
  return null
}

/** The push option (`git push -o`) that makes CI skip it, or null. */
export function ciSkipOption(options: readonly string[]): string | null {
  return (
    options.find(each =>
      /^(?:(?:ci|integrations)[._-]?skip(?:[._-]?ci)?|(?:skip|no)[._-]?ci|ci[._-]no[._-]?pipeline)(?:=|$)/i.test(
        each,
      ),
    ) ?? null
  )
}

/** How many files the commit says that it deletes, by `Deletes: N`; null where it says nothing of the kind. */
export function deletesSaid(message: string): number | null {
  const value = trailerValue(message, 'Deletes')
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null
}
