// What a commit's message says: its subject, its reason, the trailers below it, and whether it makes CI stay away. Pure.

/** Said by tools or for the record: no reason for anything. git takes blanks before the colon (git-interpret-trailers(1)). */
const trailer = /^[A-Za-z][A-Za-z0-9_-]*[ \t]*:(?:\s|$)/
/** These say why although they look like trailers. */
const saysWhy = /^(?:why|reason|because|motivation|context|background)\s*:/i
const made = [
  // The footer of the client, and of tools like it.
  /^\W*(?:generated|created|made|authored|written) (?:with|by|using) /i,
  /^\(cherry picked from commit [0-9a-f]+\)$/i,
  /^this reverts commit [0-9a-f]+[.,]?(?:, reversing)?$/i,
  /^#/,
  // An address alone says where, not why.
  /^<?https?:\/\/\S+>?$/i,
]

/** The first line. */
export function subjectOf(message: string): string {
  return message.trimStart().split('\n', 1)[0]?.trim() ?? ''
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
  const said = bodyLines(message).filter(line => hasWords(line) && !isForTheRecord(line))
  const reason = said.filter(line => plain(line) !== subject)
  // The subject may be broken into lines.
  if (reason.length === 0 || plain(said.join(' ')) === subject) return null
  return reason[0] ?? null
}

/** The value of the trailer `name`, what is indented below it included; the last one counts. */
export function trailerValue(message: string, name: string): string | null {
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

function bodyLines(message: string): string[] {
  return message.trimStart().split('\n').slice(1)
}

function isForTheRecord(line: string): boolean {
  const words = line.trim()
  if (saysWhy.test(words)) return false
  return trailer.test(words) || made.some(form => form.test(words))
}

function hasWords(text: string): boolean {
  return (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 3
}

function plain(text: string): string {
  return text
    .toLowerCase()
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
  new RegExp(`\\[\\s*(?:skip|no)[ _-]*(?:${services})\\s*\\]`, 'i'),
  new RegExp(`\\[\\s*(?:${services})[ _-]*(?:skip|off)\\s*\\]`, 'i'),
  /\*\*\*NO_CI\*\*\*/i,
  /^[ \t]*skip-checks[ \t]*:[ \t]*true[ \t\r]*$/im,
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
      /^(?:(?:ci|integrations)[._-]?skip(?:[._-]?ci)?|(?:skip|no)[._-]?ci)(?:=|$)/i.test(each),
    ) ?? null
  )
}

/** How many files the commit says that it deletes, by `Deletes: N`; null where it says nothing of the kind. */
export function deletesSaid(message: string): number | null {
  const value = trailerValue(message, 'Deletes')
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null
}
