// The marks beside the login file, which tell the wrapper without Node that all is well, and the verdict for launches that waited.

import { lstatSync, mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { textAt } from '../system/open-file.js'
import type { LoginPaths } from '../system/paths.js'
import { kernelTickMs } from '../system/time.js'
import { systemCode } from '../system/trouble.js'
import {
  atomicWrite,
  makePrivateFolder,
  removeAllQuietly,
  removeQuietly,
  temporaryPath,
  writeFailed,
} from '../system/write-file.js'
import { type SealFacts, sealLogin } from './login-file.js'

/** What one run found out. Times are epoch milliseconds. */
export interface MarkFacts extends Omit<SealFacts, 'previousSeconds'> {
  /** Until then a launch need not check the login. */
  freshUntilMs: number
  /** Until then it can start at once, while a worker renews; null where no end is known. */
  usableUntilMs: number | null
  /** No background worker before; null: any time. */
  retryAtMs: number | null
  /** The real client; null: none was found. */
  client: string | null
  /** Chosen for this launch only: the marks keep the client that was known before. */
  isClientChosen: boolean
  /** The configuration names it, so PATH does not count. */
  isClientConfigured: boolean
  systemConfig: string
  userConfig: string
  /** When the run began to read the configuration. */
  configReadAtMs: number
  /** Random part of the temporary files' names. */
  nonce: string
}

export type Marked =
  | { marked: true }
  | {
      marked: false
      because:
        | 'login-changed'
        | 'config-changed'
        | 'signed-out'
        | 'doubted'
        | 'too-soon'
        | 'relative'
        | 'another-host'
    }

/** The lines that a launch shows. */
const mostNoticed = 6
const mostNoticeBytes = 10_000
/** The time of `client-path` and of the folder `client`, which the wrapper compares: nothing else put there has it (2000-01-01). */
const clientPathSeconds = 946_684_800
/** Largest second that every file system and shell takes. */
const farFutureSeconds = 2_145_916_800

/**
 * Writes the marks for the login file as it is in `facts`; without them a launch asks the engine. At
 * no instant, killed or not, do they call another login fresh: `fresh` is removed first and comes
 * back last, with its time already on it. The wrapper compares marks and reads none but `client-path`: times tell how
 * long, names tell of which login, configuration and client. The caller holds the gate. Throws `write-failed`.
 */
export function writeMarks(paths: LoginPaths, facts: MarkFacts): Marked {
  clearMarks(paths)
  // The wrapper compares these from wherever it was started.
  const named = [paths.folder, facts.client ?? '/', facts.userConfig]
  if (!named.every(path => isAbsolute(path) && !path.includes('/..')))
    return { marked: false, because: 'relative' }
  makePrivateFolder(paths.state)
  const previousSeconds = sealedBefore(join(paths.state, 'seen'))
  const write = (name: string, text: string, mtimeSeconds: number) =>
    atomicWrite(join(paths.state, name), text, { nonce: facts.nonce, mtimeSeconds, durable: false })
  const seconds = sealLogin(paths.loginFile, { ...facts, previousSeconds }, sealed =>
    write('seen', '', sealed),
  )
  if (typeof seconds === 'string') return { marked: false, because: seconds }
  const haveSystem = configAt(facts.systemConfig, facts.configReadAtMs)
  const haveUser = configAt(facts.userConfig, facts.configReadAtMs)
  if (haveSystem === 'changed' || haveUser === 'changed')
    return { marked: false, because: 'config-changed' }

  write('checked', '', (facts.configReadAtMs - kernelTickMs) / 1000)
  write('usable', '', wholeSeconds(facts.usableUntilMs))
  if (facts.retryAtMs !== null) write('retry', '', wholeSeconds(facts.retryAtMs))
  if (exists(paths.signedOut)) return { marked: false, because: 'signed-out' }
  if (exists(paths.doubted)) return { marked: false, because: 'doubted' }
  const configs = [
    ...(haveSystem === 'there' ? [facts.systemConfig] : []),
    ...(haveUser === 'there' ? [facts.userConfig] : []),
  ]
  const place = { paths, nonce: facts.nonce }
  const isWhole =
    markPaths(place, 'login', [paths.folder]) &&
    markPaths(place, 'config', configs) &&
    (facts.isClientChosen || markClient(place, facts))
  if (!isWhole) {
    clearMarks(paths)
    return { marked: false, because: 'another-host' }
  }
  write('fresh', '', wholeSeconds(facts.freshUntilMs))
  return { marked: true }
}

/** Which client the wrapper may start without inspecting it. */
function markClient(
  place: { paths: LoginPaths; nonce: string },
  { client, isClientConfigured }: Pick<MarkFacts, 'client' | 'isClientConfigured'>,
): boolean {
  const { state } = place.paths
  const { nonce } = place
  const known = client === null ? [] : [client]
  if (!markPaths(place, 'client', known, clientPathSeconds)) return false
  atomicWrite(
    join(state, 'client-path'),
    client === null || client.includes('\n') ? '' : `${client}\n`,
    { nonce, durable: false, mtimeSeconds: clientPathSeconds },
  )
  const configured = join(state, 'client-configured')
  if (isClientConfigured) atomicWrite(configured, '', { nonce, durable: false })
  else removeQuietly(configured)
  return true
}

/**
 * Marks `targets`, and no others before: each by an empty file of its own path below `<state>/<kind>`, which tells the
 * shell without reading and leads nowhere else, as a link would. They are made beside it and put in place whole, with
 * the time `mtimeSeconds` where it is given. False: another host put its own there meanwhile. Throws `write-failed`.
 */
function markPaths(
  { paths, nonce }: { paths: LoginPaths; nonce: string },
  kind: 'login' | 'config' | 'client',
  targets: string[],
  mtimeSeconds?: number,
): boolean {
  const folder = join(paths.state, kind)
  const fresh = temporaryPath(folder, nonce)
  const before = temporaryPath(`${folder}.old`, nonce)
  try {
    makeMarks(fresh, targets)
    if (mtimeSeconds !== undefined) utimesSync(fresh, mtimeSeconds, mtimeSeconds)
    moveAway(folder, before)
    renameSync(fresh, folder)
    return true
  } catch (error) {
    // Hosts that share a home on a network may have no gate in common, and do this at one time.
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemCode(error) ?? '')) return false
    throw writeFailed(folder, error)
  } finally {
    for (const each of [fresh, before]) removeAllQuietly(each)
  }
}

function makeMarks(folder: string, targets: string[]): void {
  mkdirSync(folder, { mode: 0o700 })
  for (const target of new Set(targets)) {
    const mark = `${folder}${target}`
    // Longer than the kernel takes: without its mark the shell asks.
    if (Buffer.byteLength(mark) >= 4096) continue
    mkdirSync(dirname(mark), { recursive: true, mode: 0o700 })
    writeFileSync(mark, '', { mode: 0o600, flag: 'wx' })
  }
}

/** Out of the way; nothing there is fine. */
function moveAway(path: string, aside: string): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

/** The whole second that the last seal was set to, which `seen` keeps; 0 where there was none. */
function sealedBefore(seen: string): number {
  const stat = lstatSync(seen, { throwIfNoEntry: false })
  return stat?.isFile() ? Math.floor(stat.mtimeMs / 1000) : 0
}

/**
 * From now on every launch asks the engine, until marks are written again. `seen` says nothing without
 * `fresh`, and stays: no later seal may have its time.
 */
export function clearMarks(paths: LoginPaths): void {
  for (const name of ['fresh', 'checked', 'usable', 'retry']) removeQuietly(join(paths.state, name))
}

/**
 * Leaves lines (already prefixed) for the next launch at a terminal, beside what was left before: a
 * line takes the place of one that begins alike. No lines take back all.
 */
export function writeNotice(paths: LoginPaths, lines: readonly string[], nonce: string): void {
  const notice = join(paths.state, 'notice')
  if (lines.length === 0) removeQuietly(notice)
  else {
    const before = linesOf(notice).filter(old => !lines.some(line => isAlike(old, line)))
    const all = [...before, ...lines].slice(-mostNoticed)
    atomicWrite(notice, `${all.join('\n')}\n`, { nonce, durable: false })
  }
}

function linesOf(path: string): string[] {
  const text = textAt(path, { maxBytes: mostNoticeBytes, links: 'refuse' }) ?? ''
  return text.split('\n').filter(Boolean)
}

/** By the prefix and two words: the same warning with another time in it. */
function isAlike(one: string, other: string): boolean {
  const [begin, otherBegin] = [one, other].map(line => line.split(' ').slice(0, 3).join(' '))
  return begin === otherBegin
}

/** Is the file there? `changed` when it, or its folder, changed since the run began to read it. */
function configAt(path: string, readAtMs: number): 'there' | 'absent' | 'changed' {
  const stats = [path, dirname(path)].map(each => {
    try {
      return statSync(each)
    } catch {
      // Nor can the wrapper see it.
      return null
    }
  })
  if (stats.some(stat => stat !== null && stat.mtimeMs > readAtMs - kernelTickMs)) return 'changed'
  return stats[0] ? 'there' : 'absent'
}

function wholeSeconds(timeMs: number | null): number {
  return timeMs === null ? farFutureSeconds : Math.min(Math.floor(timeMs / 1000), farFutureSeconds)
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Keeps `answer` as the wrapper reads it: the verdict and its lines. Throws `write-failed`. */
export function writeVerdict(
  paths: LoginPaths,
  terminal: boolean,
  answer: readonly string[],
  nonce: string,
): void {
  place(paths, terminal ? 'verdict--terminal' : 'verdict', answer, nonce)
}

/**
 * Keeps a verdict about another credential than the login: only for launches that `about` fits (`y` for
 * one in the environment, a colon, the folder), as the wrapper spells it. A folder with a line break in its name (a repository
 * may have one) is not shared: the rest of the name would be read as a verdict.
 */
export function writeOtherVerdict(
  paths: LoginPaths,
  about: string,
  answer: readonly string[],
  nonce: string,
): void {
  if (about.includes('\n')) removeQuietly(join(paths.state, 'verdict-other'))
  else place(paths, 'verdict-other', [about, ...answer], nonce)
}

/** Forgets the verdicts of earlier workers. */
export function clearVerdicts(paths: LoginPaths): void {
  for (const name of ['verdict', 'verdict--terminal', 'verdict-other'])
    removeQuietly(join(paths.state, name))
}

function place(paths: LoginPaths, name: string, lines: readonly string[], nonce: string): void {
  atomicWrite(join(paths.state, name), `${lines.join('\n')}\n`, { nonce, durable: false })
}
