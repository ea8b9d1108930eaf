// Checks of the real client: which it is, its first steps, its settings and its folders.

import { clientWords, settingsWords } from '../report/doctor-client-text.js'
import { type Finding, found, ok } from './check.js'
import type { ClientFacts } from './facts-client.js'
import type { LoginFacts } from './facts-login.js'

/** The clients that this version was tried with, oldest first. */
export const knownClients = ['2.1.197', '2.1.332'] as const

export function client({ path, version }: ClientFacts): Finding {
  return path === null ? found('fail', clientWords.missing) : ok(clientWords.found(path, version))
}

export function clientVersion({ path, version }: ClientFacts): Finding | null {
  if (path === null) return null
  if (version === null) return found('note', clientWords.noVersion)
  const [oldest, newest] = knownClients
  if (knownClients.some(known => known === version)) return ok(clientWords.known)
  if (isOlder(version, oldest)) return found('warn', clientWords.older(version, oldest))
  return isOlder(newest, version)
    ? found('note', clientWords.newer(version, newest))
    : found('note', clientWords.between(version))
}

function isOlder(one: string, other: string): boolean {
  const [mine, theirs] = [one, other].map(text => text.split('.').map(Number))
  const at = (mine ?? []).findIndex((part, index) => part !== theirs?.[index])
  return at >= 0 && (mine?.[at] ?? 0) < (theirs?.[at] ?? 0)
}

/** The client's first steps: without them `-p` can end without a word. */
export function onboarding({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding | null {
  const path = login.place.paths.clientConfig
  const isSignedIn = login.seen.state.file.kind !== 'missing'
  if (client.onboarding === 'done') return ok(settingsWords.onboarded)
  if (client.onboarding === 'unreadable') return found('fail', settingsWords.configUnreadable(path))
  // Whoever has never signed in goes through them then.
  if (!isSignedIn) return null
  const words =
    client.onboarding === 'no-config' ? settingsWords.noConfig : settingsWords.notOnboarded
  const isYours = (client.clientConfig?.uid ?? login.place.person.uid) === login.place.person.uid
  return found('warn', words, ...(isYours ? [{ do: 'onboarding', path } as const] : []))
}

/** Who else may tell the client what to do, or read what it was told. */
export function settingsMode({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding {
  const writable = client.open.find(({ by }) => by === 'write')
  const worst = writable ?? client.open[0]
  if (worst === undefined) return ok(settingsWords.private)
  const isYours = ({ uid }: { uid: number }) => uid === login.place.person.uid
  const words =
    worst.by === 'write'
      ? settingsWords.writable(worst.path, isYours(worst) ? 'you' : worst.uid)
      : settingsWords.readable(worst.path)
  // What others may no longer write they would be found to read next.
  const fixes = client.open
    .filter(isYours)
    .map(({ path, mode }) => ({ do: 'chmod', path, mode: mode & ~0o077 }) as const)
  return found('warn', words, ...fixes)
}

/** Settings that the client can't use: whole files, and entries. */
export function settings({ broken, skipped }: ClientFacts): Finding {
  const [worst] = [...broken].sort((a, b) => Number(b.managed) - Number(a.managed))
  if (worst === undefined) {
    const [entry] = skipped
    return entry ? found('warn', settingsWords.skipped(entry)) : ok(settingsWords.whole)
  }
  const { file, why, managed } = worst
  return managed
    ? found('fail', settingsWords.brokenManaged(file, why))
    : found('warn', settingsWords.broken(file, why))
}

/** Folders in /tmp that the client shares with everybody. */
export function clientFolders({ taken }: ClientFacts): Finding {
  const [first] = taken
  return first
    ? found('warn', settingsWords.taken(first.path, first.uid))
    : ok(settingsWords.folders)
}
