// The resolved configuration as JSON, so that a launch need not load the YAML and schema libraries.

import { listOf, object, oneOf, text, whole } from '../system/decode.js'
import { jsonObject } from '../system/json.js'
import { readBounded } from '../system/open-file.js'
import { othersMayRead } from '../system/trusted-path.js'
import { atomicWrite, freshNonce } from '../system/write-file.js'
import type { Config } from './resolved.js'
import { type ConfigSource, configSource } from './source.js'

/** A hash of the sources that make a configuration; put in by scripts/build.mjs, not there where no build was made. */
declare const $configForm: string | undefined

/** Changes with what a kept configuration holds and with how it is made of its files, be the version the same. */
export const configForm: string = typeof $configForm === 'string' ? $configForm : 'unbuilt'

const maxBytes = 256 * 1024

// A file changed again within one tick of the kernel's clock keeps its ctime: a cache written so
// soon after the change proves nothing.
const tickMs = 100

interface CacheFile {
  form: string
  key: string
  /** System, user and, where there is one, the roster. */
  sources: Pick<ConfigSource, 'path' | 'fingerprint'>[]
  config: Config
}

/** One that this form of the program wrote has every member of a config, with the same meaning. */
const cacheIn = whole<CacheFile>(
  object({
    form: oneOf(configForm),
    key: text,
    sources: listOf(object({ path: text, fingerprint: text })),
    config: object({ mode: text }),
  }),
)

/** Everything but the files that the resolved configuration depends on, in one string. */
export function cacheKey(inputs: Record<string, unknown>): string {
  return JSON.stringify(inputs)
}

/**
 * The cached configuration, or null when it is about other files, another state of them, another
 * person, version or form of the program, when it is damaged, or when anyone else could have written or read it.
 */
export function cachedConfig(
  path: string,
  now: { key: string; system: ConfigSource; user: ConfigSource; uid: number },
): Config | null {
  const found = readCache(path, now.uid)
  if (!found || found.cache.key !== now.key) return null
  const [system, user, roster] = found.cache.sources
  const sources = [now.system, now.user]
  const rosterNow = roster ? rosterSource(roster.path, now.uid) : null
  if (roster && rosterNow === null) return null
  if (rosterNow) sources.push(rosterNow)
  const unchanged = [system, user, roster].every(
    (then, at) =>
      then?.path === sources[at]?.path && then?.fingerprint === sources[at]?.fingerprint,
  )
  const settled = sources.every(source => source.ctimeMs + tickMs < found.mtimeMs)
  return unchanged && settled ? found.cache.config : null
}

/** Null for a roster that is not believed. */
function rosterSource(path: string, uid: number): ConfigSource | null {
  try {
    return configSource('roster', path, uid)
  } catch {
    return null
  }
}

/** Writes the cache, 0600; a folder that is missing or full is no error. */
export function writeCache(
  path: string,
  entry: { key: string; sources: (ConfigSource | null)[]; config: Config },
): void {
  const sources = entry.sources.flatMap(source =>
    source ? [{ path: source.path, fingerprint: source.fingerprint }] : [],
  )
  const cache: CacheFile = { form: configForm, key: entry.key, sources, config: entry.config }
  try {
    atomicWrite(path, JSON.stringify(cache), { nonce: freshNonce(), durable: false })
  } catch {
    // The next run reads the files again: slower, never wrong.
  }
}

/**
 * The configuration that was in force when this program last ran, even if its files are gone; null if
 * there is none, or if another version wrote it or another user could have.
 */
export function rememberedConfig(path: string, uid: number, version: string): Config | null {
  const cache = readCache(path, uid)?.cache
  return cache && jsonObject(cache.key)?.['version'] === version ? cache.config : null
}

function readCache(path: string, uid: number): { cache: CacheFile; mtimeMs: number } | null {
  const read = readBounded(path, {
    maxBytes,
    links: 'refuse',
    judge: stat =>
      othersMayRead(stat, { uid }) ?? (Number(stat.uid) === uid ? null : 'is not ours'),
  })
  if (read.kind !== 'read') return null
  const cache = cacheIn(jsonObject(read.bytes))
  if (cache === undefined) return null
  return { cache, mtimeMs: Number(read.stat.mtimeNs) / 1e6 }
}
