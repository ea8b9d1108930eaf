// The check of files and places that other users could fill: claude-auth leaves them unread and names them here.

import { existsSync } from 'node:fs'
import { furtherCertificateFiles, networkSettings } from '../anthropic/network.js'
import { profileFiles, profilePlace } from '../login/credentials.js'
import { type Distrust, distrustHint, distrustOf } from '../system/trusted-path.js'
import { clean } from '../text/clean.js'
import { type Finding, found, ok, shown, words } from './check.js'
import type { ClientFacts } from './client.js'
import { type LoginFacts, pathFacts } from './login-facts.js'

/**
 * Of the client's configuration and settings, the profiles of Anthropic's tools and the certificates that are named, those that are
 * there and are not read; and variables that don't count for where they lead. What a check of its own tells of is left out.
 */
export function unreadFiles({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding | null {
  const { place } = login
  if (!place.owned) return null
  const { uid } = place.person
  const told = [login.unsafe?.path, ...client.open.map(({ path }) => path)]
  const files = filesOf(login).filter(file => existsSync(file))
  const unread: Unread[] = [
    ...files.map(file => ({ name: null, file })),
    ...client.strange.map(({ name, path }) => ({ name, file: path })),
  ].flatMap(each => {
    const distrust = distrustOf(each.file, uid)
    return distrust === null || told.includes(distrust.path) ? [] : [{ ...each, distrust }]
  })
  const [first] = unread
  if (first === undefined) return ok(unreadWords.none)
  return found('warn', unreadWords.unread(first, unread.length - 1, uid), ...closing(first, uid))
}

function filesOf({ place, run, settings }: LoginFacts): string[] {
  return [
    place.paths.clientConfig,
    ...settings.notes.filter(({ clientReads }) => clientReads).map(({ file }) => file),
    ...profileFiles(profilePlace(run.env, settings, place.person.home)),
    ...furtherCertificateFiles(networkSettings(run.env, settings)),
  ]
}

interface Unread {
  /** The variable that leads there and does not count for that. */
  name: string | null
  file: string
  distrust: Distrust
}

/** What is this user's own and open to others can be closed. */
function closing({ distrust }: Unread, uid: number) {
  const about = pathFacts(distrust.path)
  const isOwn = about?.uid === uid && (about.mode & 0o1000) === 0
  if (!isOwn || (about.mode & 0o022) === 0) return []
  return [{ do: 'chmod', path: about.path, mode: about.mode & ~0o022 } as const]
}

const unreadWords = {
  none: 'No file that affects the login is in a place that other users control.',
  unread: ({ name, file, distrust }: Unread, others: number, uid: number) => {
    const what = name === null ? `${shown(file)} is not read` : `${name} does not count`
    const where = distrust.path === file && name === null ? 'it' : shown(distrust.path)
    const more = others === 0 ? '' : ` (and ${others} more)`
    return words(
      `${what}: ${where} ${clean(distrust.why, 100)}${more}.`,
      distrustHint(distrust, uid),
    )
  },
}
