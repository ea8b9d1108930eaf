// The resolved configuration, kept: as JSON, so that a launch need not load the YAML and schema libraries, and as lines for the
// shell.

import { lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { jsonObject, listOf, object, oneOf, text, whole } from '../system/json.js'
import { readBounded, textAt } from '../system/open-file.js'
import type { OwnPaths } from '../system/paths.js'
import { kernelTickMs } from '../system/time.js'
import { othersMayRead } from '../system/trusted-path.js'
import { atomicWrite, freshNonce, makePrivateFolder } from '../system/write-file.js'
import type { Config } from './resolve.js'
import { type ConfigSource, configSource } from './source.js'

/** A hash of the sources that make a configuration; put in by scripts/build.mjs, not there where no build was made. */
declare const $configForm: string | undefined

/** Changes with what a kept configuration holds and with how it is made of its files, be the version the same. */
export const configForm: string = typeof $configForm === 'string' ? $configForm : 'unbuilt'

const maxBytes = 256 * 1024

/** A file changed again within one kernel tick keeps its ctime: a cache written so soon after the change proves nothing. */
const settledMs = 5 * kernelTickMs

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
  const settled = sources.every(source => source.ctimeMs + settledMs < found.mtimeMs)
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

/** The files that the configuration was made of are looked for, so that the shell can tell when one comes or goes. */
export interface ConfigFiles extends Pick<OwnPaths, 'systemConfig' | 'userConfig'> {
  /** Null without a roster. */
  roster: string | null
}

export interface LaunchConfigFiles extends ConfigFiles {
  /** Where root's mark of a user who left would be. */
  left: string
}

/**
 * The answer that bin/config.sh takes of a launch; null where a path has a line break in it. A mode that is off for this folder
 * alone is not the configuration's.
 */
export function launchConfigText(
  config: Pick<Config, 'mode' | 'off' | 'client' | 'renewal' | 'profiles'>,
  files: LaunchConfigFiles,
): string | null {
  const mode = config.off?.because === 'folder-not-listed' ? 'on' : config.mode
  return shellText(
    files,
    [files.left],
    [
      `mode ${mode}`,
      `wait ${Math.ceil(config.renewal.launchWaitMs / 1000)}`,
      ...(config.client === null ? [] : [`client ${config.client}`]),
      ...config.profiles.map(({ folder }) => `folder ${folder}`),
    ],
  )
}

/**
 * `answers` for the shell: a word and its value a line, from `form` to `end`, good as long as the files and `others` stay as
 * they are. Null where a path has a line break in it.
 */
export function shellText(
  { systemConfig, userConfig, roster }: ConfigFiles,
  others: readonly string[],
  answers: readonly string[],
): string | null {
  const sources = [systemConfig, userConfig, ...(roster === null ? [] : [roster]), ...others]
  const lines = [
    `form ${configForm}`,
    `user ${userConfig}`,
    ...sources.map(path => `${isThere(path) ? 'have' : 'lack'} ${path}`),
    ...answers,
    'end',
  ]
  return lines.some(line => line.includes('\n')) ? null : `${lines.join('\n')}\n`
}

/**
 * What `stat` says of each file that is there, for a shell that believes no clock and no modification time: `state INODE SIZE CTIME
 * PATH`, the ctime in whole seconds (epoch). Null where a file changed in the second of `readAtMs` or later: it may change again
 * and look the same.
 */
export function stateLines(
  { systemConfig, userConfig, roster }: ConfigFiles,
  readAtMs: number,
): string[] | null {
  const endSeconds = Math.floor((readAtMs - kernelTickMs) / 1000)
  const lines: string[] = []
  for (const path of [systemConfig, userConfig, ...(roster === null ? [] : [roster])]) {
    if (!isThere(path)) continue
    const { ino, size, ctimeMs } = statSync(path, { bigint: true })
    if (ctimeMs / 1000n >= endSeconds) return null
    lines.push(`state ${ino} ${size} ${ctimeMs / 1000n} ${path}`)
  }
  return lines
}

/**
 * Keeps `text` in the state folder of `~/.claude` (where that folder is there), as of `readAtMs` (epoch), when the
 * configuration began to be read; one that is as good is left. Throws `write-failed`.
 */
export function keepLaunchConfig(
  home: string,
  text: string,
  { readAtMs, nonce, uid }: { readAtMs: number; nonce: string; uid: number },
): void {
  const login = join(home, '.claude')
  if (statSync(login, { throwIfNoEntry: false })?.uid !== uid) return
  const state = join(login, '.claude-auth')
  const about = lstatSync(state, { throwIfNoEntry: false })
  if (about !== undefined && (!about.isDirectory() || about.uid !== uid)) return
  keepShellText(join(state, 'launch-config'), text, { readAtMs, nonce })
}

/** Keeps what `shellText` gave in a private folder; one that is as good is left. Throws `write-failed`. */
export function keepShellText(
  path: string,
  text: string,
  { readAtMs, nonce }: { readAtMs: number; nonce: string },
): void {
  if (isKept(path, text)) return
  makePrivateFolder(dirname(path))
  const mtimeSeconds = (readAtMs - kernelTickMs) / 1000
  atomicWrite(path, text, { nonce, mtimeSeconds, durable: false })
}

/** Is that very answer kept, and newer than every file that it is about? */
function isKept(path: string, text: string): boolean {
  try {
    const about = lstatSync(path)
    if (!about.isFile() || about.size !== Buffer.byteLength(text)) return false
    const sources = [...text.matchAll(/^have (.*)$/gm)].map(([, source = '']) => source)
    const isNewer = (each: string) => statSync(each).mtimeMs < about.mtimeMs
    return (
      sources.flatMap(each => [each, dirname(each)]).every(isNewer) &&
      textAt(path, { maxBytes: about.size, links: 'refuse' }) === text
    )
  } catch {
    return false
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
