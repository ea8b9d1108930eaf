// The sealed local store: the default store, and the cache of a remote one. One file a login, one version back.

import { linkSync, lstatSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Sealer } from '../login/answer.js'
import { tokenHash } from '../login/login.js'
import { closedBy, closedError } from '../system/access.js'
import { type JsonObject, jsonObject, numberOf } from '../system/json.js'
import { bytesAt, namesIn, readBounded } from '../system/open-file.js'
import {
  AuthError,
  errorTrouble,
  makeTrouble,
  systemCode,
  type Trouble,
} from '../system/trouble.js'
import { requireTrustedWay } from '../system/trusted-path.js'
import { atomicWrite, makePrivateFolder, removeQuietly, writeFailed } from '../system/write-file.js'
import { fromDocument, type StoredLogin, toDocument } from './document.js'
import {
  type KeyPlace,
  type Keys,
  keyDigest,
  keyTrouble,
  loadKeys,
  resealed,
  sealedMaxBytes,
} from './seal.js'
import type { Store, StoreRead, StoreTrouble, StoreWrite } from './store.js'

export interface LocalStorePlace extends KeyPlace {
  /** Which login: `default`, or a profile's name. */
  name: string
}

/** The store and the sealer that shares its key. The caller holds the gate: that makes check-and-set true. */
export interface LocalStore extends Store {
  kind: 'local'
  sealer: () => Promise<Sealer>
  /** Tells the key in force from another; null where it can't be read. */
  keyDigest: () => string | null
  /** Why nothing can be sealed: the key is not to be had, and none may be made; null: it can. */
  keyTrouble: () => Trouble | null
  /** Seals again what only an earlier key opens. False: the newest version opens with none. */
  reseal: () => Promise<boolean>
}

/**
 * Opens the local store. `isSpent` tells whether a refresh token's hash is on the spent list: the
 * previous version is used only where the current one does not open and its token is not spent.
 */
export function localStore(place: LocalStorePlace, isSpent: (hash: string) => boolean): LocalStore {
  const file = (kind: string) => join(place.folder, `${place.name}${kind}.jwe`)
  const files = { current: file(''), previous: file('.previous'), unopened: file('.unopened') }
  let loaded: Promise<Keys> | null = null
  const load = async () => {
    requireTrustedWay(place.folder, place.uid)
    loaded ??= loadKeys(place)
    return loaded
  }
  const change = async (changed: JsonObject, expected: number): Promise<StoreWrite> => {
    const keys = await load().catch(deniedBy)
    if ('kind' in keys) return keys
    const found = await reading(load, files, isSpent).catch(deniedBy)
    if ('kind' in found) return found
    const { read, from, document } = found
    if (read.kind === 'denied' || read.kind === 'unreachable') return read
    if (read.version !== expected) return { kind: 'conflict' }
    const version = expected + 1
    const next = { ...document, ...changed, version }
    const text = await keys.seal(Buffer.from(JSON.stringify(next)))
    makePrivateFolder(place.folder)
    if (from === files.current) keep(files.current, files.previous, place.nonce())
    else keep(files.current, files.unopened, place.nonce())
    atomicWrite(files.current, text, { nonce: place.nonce() })
    return { kind: 'written', version }
  }
  return {
    kind: 'local',
    label: 'the sealed store',
    isRemote: false,
    isShared: false,
    keep: null,
    drift: () => null,
    change,
    write: (stored, expected) => change(toDocument(stored), expected),
    sealer: async () => {
      const { seal, open } = await load()
      return {
        seal: async bytes => Buffer.from(await seal(bytes)),
        open: async bytes => (await open(bytes.toString()))?.bytes ?? null,
      }
    },
    keyDigest: () => keyDigest(place),
    keyTrouble: () => keyTrouble(place),
    reseal: async () => {
      await resealed(load, files.previous, place.nonce())
      return resealed(load, files.current, place.nonce())
    },
    read: async () => {
      try {
        return (await reading(load, files, isSpent)).read
      } catch (error) {
        return deniedBy(error)
      }
    },
  }
}

/** The names of the logins of which `folder` keeps a sealed copy, of any version. Never throws. */
export function sealedNames(folder: string): string[] {
  const names = namesIn(folder).flatMap(
    file => /^([a-z0-9][a-z0-9._-]*?)(?:\.previous|\.unopened)?\.jwe$/.exec(file)?.[1] ?? [],
  )
  return [...new Set(names)]
}

/** The key is not as it must be: a person has to change that. */
function deniedBy(error: unknown): StoreTrouble {
  if (!(error instanceof AuthError)) throw error
  const denied = { kind: 'denied', trouble: errorTrouble(error) } as const
  // A file that may not be read (owner, rights) exists all the same.
  return error.code === 'store-unreadable' ? { ...denied, isLost: true } : denied
}

/** `unopened` keeps what stood in place of the current version but did not open. */
interface Files {
  current: string
  previous: string
  unopened: string
}

async function reading(
  load: () => Promise<Keys>,
  files: Files,
  isSpent: (hash: string) => boolean,
): Promise<{ read: StoreRead; from: string | null; document: JsonObject }> {
  let damaged: Trouble | null = null
  for (const path of [files.current, files.previous]) {
    if (!isThere(path)) continue
    const read = await openFile(load, path)
    damaged ??= 'why' in read ? makeTrouble(`${path} ${read.why}`) : null
    if ('why' in read) continue
    const refreshToken = read.stored.login?.refreshToken
    const stale = path === files.previous && refreshToken && isSpent(tokenHash(refreshToken))
    if (!stale) {
      const { document, ...found } = read
      const here = { kind: 'current', ageMs: null, isCached: false, away: null } as const
      const instead = damaged === null ? {} : { fromPrevious: damaged }
      return { read: { ...here, ...found, ...instead }, from: path, document }
    }
  }
  return {
    read: { kind: 'empty', version: 0, ...(damaged === null ? {} : { damaged }) },
    from: null,
    document: {},
  }
}

/** `why` it can't be used is to be read after the path. */
async function openFile(load: () => Promise<Keys>, path: string) {
  const read = readBounded(path, { maxBytes: sealedMaxBytes })
  if (read.kind === 'missing') return unopened
  if (read.kind === 'unfit') {
    const closed = read.code === null ? null : closedBy(path, process.geteuid?.() ?? -1, read)
    if (closed !== null) throw closedError(closed)
    return { why: read.why }
  }
  const { open } = await load()
  const opened = await open(read.bytes.toString())
  const document = opened === null ? null : jsonObject(opened.bytes)
  const stored: StoredLogin | null = document === null ? null : fromDocument(document)
  const version = numberOf(document?.['version'])
  if (document === null || stored === null || version === null) return unopened
  return { stored, version, document }
}

const unopened = { why: 'does not open with its key' }

/** True unless it is known to be missing: in a folder that is closed to us it may exist. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    throw closedOr(path, error)
  }
}

function closedOr(path: string, error: unknown): unknown {
  const closed = closedBy(path, process.geteuid?.() ?? -1, error)
  return closed === null ? error : closedError(closed)
}

/**
 * Hard-links `path` as `asName` before it is replaced, so that one of them always exists; copies it where the file system has
 * no hard links (CIFS, 9p, some of FUSE).
 */
function keep(path: string, asName: string, nonce: string) {
  const temporary = `${asName}.tmp.${nonce}`
  try {
    linkSync(path, temporary)
    renameSync(temporary, asName)
  } catch (error) {
    removeQuietly(temporary)
    if (systemCode(error) === 'ENOENT') return
    const sealed = bytesAt(path, { maxBytes: sealedMaxBytes })
    if (sealed === null) throw writeFailed(asName, error)
    atomicWrite(asName, sealed, { nonce })
  }
}
