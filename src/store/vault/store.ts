// The shared document and the sealed copy of it on this machine, as one store.

import { relation } from '../../login/lineage.js'
import { tokenHash } from '../../login/login.js'
import { AuthError } from '../../system/error.js'
import { makeTrouble, type Trouble } from '../../system/trouble.js'
import { fromDocument, type StoredLogin, toDocument } from '../document.js'
import {
  type DocumentRead,
  fromHere,
  type SharedDocument,
  type Store,
  type StoreRead,
  type StoreTrouble,
} from '../store.js'

/**
 * A store in which `document` counts and `cache` (the local store) is safe at once. Reading gives
 * whichever login is newer by pedigree, and the sealed copy while the document is away. Writing goes
 * to both; `written` means that the document has it. `isShared`: other hosts may use the document.
 */
export function vaultStore(
  document: SharedDocument,
  cache: Store,
  { isShared, ...ofServer }: Pick<Store, 'isShared' | 'drift' | 'annotate'>,
): Store {
  const keep: Store['write'] = async stored => {
    const there = await cache.read()
    if (there.kind === 'unreachable' || there.kind === 'denied') return there
    if (there.kind === 'current' && isSame(there.stored, stored))
      return { kind: 'written', version: there.version }
    return cache.write(stored, there.version)
  }
  return {
    kind: 'vault',
    label: 'Vault',
    isRemote: true,
    isShared,
    ...ofServer,
    read: async () => {
      const [found, kept] = await Promise.all([document.read(), cache.read()])
      return together(found, kept)
    },
    write: async (stored, expected) => {
      await keep(stored, expected).catch(unlessOurs)
      return document.change(toDocument(stored), expected)
    },
    change: document.change,
    keep: stored => keep(stored, 0),
  }
}

/** A full disk must not keep a login from the document. */
function unlessOurs(error: unknown): void {
  if (!(error instanceof AuthError)) throw error
}

function isSame(one: StoredLogin, other: StoredLogin): boolean {
  return (
    one.login?.accessToken === other.login?.accessToken &&
    one.login?.refreshToken === other.login?.refreshToken &&
    one.signedOutAtMs === other.signedOutAtMs
  )
}

function together(found: DocumentRead, kept: StoreRead): StoreRead {
  const copy = kept.kind === 'current' ? kept.stored : null
  const cached = { kind: 'current', ageMs: null, isCached: true } as const
  if (found.kind === 'unreachable' || found.kind === 'denied')
    return copy ? { ...cached, stored: copy, version: 0, away: found } : found
  const { version } = found
  const stored = found.kind === 'current' ? fromDocument(found.document) : null
  const damaged = damageOf(found, stored)
  if (copy?.login && (stored === null || isNewer(copy, stored))) {
    const ageMs = found.kind === 'current' ? found.ageMs : null
    return { ...fromHere(copy, stored, version, ageMs), ...damaged }
  }
  if (found.kind === 'empty') return found
  if (stored === null) return { kind: 'empty', version, ...damaged }
  const behind = copy === null ? {} : { behind: copy }
  return { ...found, stored, isCached: false, away: null, ...behind }
}

const unusable = makeTrouble('the document in Vault holds no login that can be read')

/** What became of the newest version, where it held something and holds no login now. */
function damageOf(
  found: Exclude<DocumentRead, StoreTrouble>,
  stored: StoredLogin | null,
): { damaged?: Trouble } {
  if (found.kind === 'empty') return found.damaged === undefined ? {} : { damaged: found.damaged }
  return stored === null && isUsed(found.document) ? { damaged: unusable } : {}
}

function isUsed(document: Record<string, unknown>): boolean {
  const text = document['claude_ai_oauth_json']
  return text !== undefined && text !== null && text !== ''
}

/** Is the copy on this machine newer than what the document holds? By time only where a pedigree is missing. */
function isNewer(copy: StoredLogin, stored: StoredLogin): boolean {
  if (copy.login === null) return false
  if (stored.login === null) return stored.signedOutAtMs === null || isAnother(copy, stored)
  if (copy.login.accessToken === stored.login.accessToken) return false
  const { lineage } = copy
  if (lineage === null || stored.lineage === null) {
    const { refreshToken } = stored.login
    if (refreshToken !== null && lineage?.chain.includes(tokenHash(refreshToken)))
      return lineage.chain.at(-1) !== tokenHash(refreshToken)
    return (copy.login.expiresAtMs ?? 0) > (stored.login.expiresAtMs ?? 0)
  }
  const related = relation(lineage, stored.lineage)
  return related === 'unrelated'
    ? lineage.signedInAtMs > stored.lineage.signedInAtMs
    : related === 'mine-newer'
}

/** A log-out applies to one sign-in and its renewals, regardless of the clocks of two hosts. */
function isAnother({ lineage }: StoredLogin, loggedOut: StoredLogin): boolean {
  if (lineage === null || loggedOut.lineage === null) return false
  const { chain } = loggedOut.lineage
  const isShared = lineage.chain.some(hash => chain.includes(hash))
  return !isShared && relation(lineage, loggedOut.lineage) === 'unrelated'
}
