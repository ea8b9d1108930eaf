// Replacing the base: a complete copy beside it, then one step after which every reader sees the new one, and none ever a mixture.

import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { mountLines, mountPoint } from '../system/mounts.js'
import { createFile, readBounded } from '../system/open-file.js'
import { runTool } from '../system/start-program.js'
import { AuthError, quoted, systemCode } from '../system/trouble.js'
import { freshNonce, replaceLink, syncFolder, writeAll, writeFailed } from '../system/write-file.js'
import { exchangeFolders, inodeOf } from './exchange.js'
import { digestOf, realFolder, type Tree } from './tree.js'

const maxBytes = 16 * 1024 * 1024

/** The places beside the base that an update uses: but for `previous`, names that nobody gives by hand, so what is there is ours. */
export function placesOf(folder: string) {
  return {
    /** The base before the last update. */
    previous: `${folder}.previous`,
    /** A copy that is being made. */
    next: `${folder}.claude-auth-next`,
    /** The `previous` of before, on its way out. */
    dropped: `${folder}.claude-auth-dropped`,
    /** A link that says which folder was the base when its exchange began, and whether there was a previous one. */
    swapping: `${folder}.claude-auth-swapping`,
  }
}

/**
 * Takes away what an update that was killed has left. Under the gate. Killed before the exchange, it has left the new base as
 * `.previous`: then the true previous one takes its name again.
 */
export function clearLeftovers(folder: string): void {
  const { previous, next, dropped, swapping } = placesOf(folder)
  const begun = linkOf(swapping)
  if (begun !== null) {
    const [base, kept] = begun.split(':')
    const isSwapped = base !== String(inodeOf(folder))
    if (!isSwapped && (kept === 'none' || exists(dropped))) {
      rmSync(previous, { recursive: true, force: true })
      if (exists(dropped)) renameSync(dropped, previous)
    }
    unlinkSync(swapping)
  }
  for (const path of [next, dropped]) rmSync(path, { recursive: true, force: true })
}

function exists(path: string): boolean {
  return inodeOf(path) !== null
}

/**
 * Puts a copy of `source` (read as `tree`) in the place of the base; the one before is kept as `.previous`. Throws
 * `write-failed`; the base is the old one or the new one as a whole then, and another call does the rest. `step` is
 * called before each change.
 */
export function replaceBase(
  source: string,
  tree: Tree,
  folder: string,
  step: (name: string) => void = () => undefined,
): void {
  const { next } = placesOf(folder)
  try {
    clearLeftovers(folder)
    step('copy')
    copyTree(source, tree, next)
    runTool('sync', ['-f', next])
    const standing = lstatSync(folder, { throwIfNoEntry: false })
    if (standing === undefined) {
      step('swap')
      renameSync(next, folder)
    } else if (standing.isSymbolicLink()) swapLink(folder, step)
    else swapFolder(folder, step)
    syncFolder(dirname(folder))
  } catch (error) {
    if (error instanceof AuthError || systemCode(error) === null) throw error
    throw writeFailed(folder, error, `could not replace ${folder}`)
  }
}

/** What a system says that cannot rename or exchange a folder where another could. */
const cannotCodes = ['EXDEV', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP']

/** The new one is called `.previous` for a moment: the exchange then names both as they stay. Where it fails, all is as before. */
function swapFolder(folder: string, step: (name: string) => void): void {
  const { previous, next, dropped, swapping } = placesOf(folder)
  let isSwapped = false
  try {
    step('begin')
    symlinkSync(`${inodeOf(folder)}:${exists(previous) ? 'kept' : 'none'}`, swapping)
    step('drop-previous')
    if (exists(previous)) renameSync(previous, dropped)
    step('place')
    renameSync(next, previous)
    step('swap')
    isSwapped = exchangeFolders(previous, folder)
  } catch (error) {
    const code = systemCode(error)
    if (code === null) throw error
    clearLeftovers(folder)
    if (!cannotCodes.includes(code)) throw error
  }
  if (!isSwapped) {
    clearLeftovers(folder)
    throw new AuthError(
      'write-failed',
      `this machine or file system cannot exchange two folders in one step; make ${folder} a link once, while it is not in use`,
      {
        hint: `mv ${quoted(folder)} ${quoted(`${folder}.1`)} && ln -s ${quoted(`${folder}.1`)} ${quoted(folder)}`,
      },
    )
  }
  step('clear')
  clearLeftovers(folder)
}

/** Where the base is a link, a new link takes its name; what it led to is what `.previous` leads to. */
function swapLink(folder: string, step: (name: string) => void): void {
  const { previous, next, dropped } = placesOf(folder)
  const old = readlinkSync(folder)
  const oldPrevious = linkOf(previous)
  const place = `${folder}${versionMark}${freshNonce()}`
  step('place')
  renameSync(next, place)
  step('keep-previous')
  if (oldPrevious === null && exists(previous)) giveUpName(previous, dropped)
  replaceLink(old, previous, next)
  step('swap')
  replaceLink(place, folder, next)
  step('clear')
  rmSync(dropped, { recursive: true, force: true })
  clearVersions(folder)
}

/** Where a folder cannot be renamed it is removed: it is not read by this name. */
function giveUpName(folder: string, other: string): void {
  try {
    renameSync(folder, other)
  } catch (error) {
    if (!cannotCodes.includes(systemCode(error) ?? '')) throw error
    rmSync(folder, { recursive: true })
  }
}

function linkOf(path: string): string | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : null
}

/** A name by hand is another one: a copy that an admin keeps as `BASE.1` stays. */
const versionMark = '.version.'

/** Is `path` a version that an update has made for a base that is a link? `folder` and `path` are written alike. */
function isVersion(path: string, folder: string): boolean {
  const start = `${folder}${versionMark}`
  return path.startsWith(start) && /^[0-9a-f]{16}$/.test(path.slice(start.length))
}

/** Removes versions of ours that neither the base nor its previous one is. */
function clearVersions(folder: string): void {
  const used = [folder, placesOf(folder).previous].map(path => realFolder(path))
  const place = realFolder(dirname(folder)) ?? dirname(folder)
  for (const name of readdirSync(place)) {
    const path = join(place, name)
    if (isVersion(path, join(place, basename(folder))) && !used.includes(path))
      rmSync(path, { recursive: true, force: true })
  }
}

/** Ours, readable by all, and what was judged: a file that has changed since is none of it. */
function copyTree(source: string, { files }: Tree, target: string): void {
  const folders = new Set<string>()
  const makeFolder = (path: string) => {
    if (folders.has(path)) return
    if (path !== '.') makeFolder(dirname(path))
    mkdirSync(join(target, path), { mode: 0o755 })
    chmodSync(join(target, path), 0o755)
    folders.add(path)
  }
  makeFolder('.')
  for (const [path, { is, kind, isProgram }] of files) {
    makeFolder(dirname(path))
    if (kind === 'link') {
      symlinkSync(is, join(target, path))
      continue
    }
    const read = readBounded(join(source, path), { maxBytes, links: 'refuse' })
    if (read.kind !== 'read' || digestOf(read.bytes) !== is)
      throw new AuthError(
        'write-failed',
        `${path} in ${source} changes while it is copied; nothing was replaced`,
        {
          hint: `ls -l ${quoted(join(source, path))}`,
        },
      )
    const file = createFile(join(target, path))
    try {
      writeAll(file, read.bytes)
    } finally {
      closeSync(file)
    }
    chmodSync(join(target, path), isProgram ? 0o755 : 0o644)
  }
}

/** The first mount point that is the base or one of the folders beside it that an update uses, or lies in one; null: none. */
export function mountInTheWay(folder: string): string | null {
  return firstMount(mountLines(), folder)
}

/** The same of the lines of a table. */
export function firstMount(lines: readonly string[], folder: string): string | null {
  const { previous, next, dropped } = placesOf(folder)
  const isOurs = (path: string) =>
    [folder, previous, next, dropped].includes(path) || isVersion(path, folder)
  for (const line of lines) {
    const point = mountPoint(line)
    const parts = point.split('/')
    if (parts.some((_, at) => isOurs(parts.slice(0, at + 1).join('/')))) return point
  }
  return null
}
