// The program's own files: which belong to an installation, what tells two of them apart, and which Node runs them.

import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { statOf } from '../system/access.js'
import { requireBytes } from '../system/open-file.js'
import { ownRoot } from '../system/program-places.js'
import { runTool } from '../system/start-program.js'
import { AuthError } from '../system/trouble.js'
import type { Desired } from './desired-state.js'
import type { Manifest } from './manifest.js'

/** Many times the largest file of the program. */
const partMaxBytes = 256 * 1024 * 1024

const parts = [
  'bin',
  'dist',
  'skel',
  'instructions',
  'systemd',
  'completions',
  'man',
  'docs',
  'package.json',
  'LICENSE',
  // Of the Node that a package brings; it names the version, and so tells programs with different ones apart.
  'node-licence.txt',
]

/** The names in `root` that are copied; whether it is one at all is for the caller to know. */
export function programParts(root: string): string[] {
  return parts.filter(name => existsSync(join(root, name)))
}

/** A digest of names, bytes and execute bits; empty where there is no program. */
function programDigest(root: string): string {
  if (!existsSync(join(root, 'dist', 'claude-auth.cjs'))) return ''
  const hash = createHash('sha256')
  for (const file of programParts(root).flatMap(name => filesOf(root, name))) {
    const path = join(root, file)
    const runs = (statSync(path).mode & 0o100) !== 0
    hash
      .update(`${file}\0${runs ? 'x' : '-'}\0`)
      .update(requireBytes(path, { maxBytes: partMaxBytes }) ?? '')
      .update('\0')
  }
  return hash.digest('hex')
}

function filesOf(root: string, name: string): string[] {
  const path = join(root, name)
  if (!statSync(path).isDirectory()) return [name]
  return readdirSync(path)
    .sort()
    .flatMap(each => filesOf(root, join(name, each)))
}

/**
 * A Node of version 20 or newer by its real path, first of `candidates` that will do. With `forAll`
 * it is one that every user of the machine may run and only root could replace.
 * Throws `usage` when there is none.
 */
function findNode(candidates: string[], forAll: boolean): string {
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue
    const path = realpathSync.native(candidate)
    if ((!forAll || isForAll(path)) && majorOf(path) >= 20) return path
  }
  const for_ = forAll ? ' that all users may run' : ''
  throw new AuthError('usage', `there is no Node 20 or newer${for_}; it is needed`, {
    hint: "take a newer one from https://nodejs.org/en/download, or claude-auth's .deb, .rpm or .tar.gz, which bring one",
  })
}

function majorOf(node: string): number {
  if (node === process.execPath) return Number(process.versions.node.split('.')[0])
  const { stdout } = runTool(node, ['--version'], 10_000)
  return Number(/^v(\d+)\./.exec(stdout)?.[1] ?? 0)
}

/** May every user of the machine run it, and only root replace it? */
function isForAll(path: string): boolean {
  if ((statSync(path).mode & 0o005) !== 0o005 || !isRoots(path)) return false
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0 || !isRoots(folder)) return false
    if (folder === '/') return true
  }
}

function isRoots(path: string): boolean {
  const { uid, gid, mode } = statSync(path)
  const others = gid === 0 ? 0o002 : 0o022
  return uid === 0 && (mode & others) === 0
}

/** The folder that holds the same files, or a new one beside it. */
export interface ProgramChoice {
  from: string
  /** The folder's name: the version, with a part of the digest where other files have that name. */
  name: string
  print: string
  node: string
  /** The folder in use before, at most one. */
  earlierPrograms: Desired[]
}

/** `program`: the folder of all versions, with any prefix; `path`: the same as the manifest has it. */
export function chooseProgram(
  {
    program,
    path,
    version,
    forAll,
  }: { program: string; path: string; version: string; forAll: boolean },
  manifest: Manifest | null,
): ProgramChoice {
  const from = ownRoot()
  const print = programDigest(from)
  const taken = programDigest(join(program, version))
  const name = taken === '' || taken === print ? version : `${version}-${print.slice(0, 8)}`
  const current = linkTarget(join(program, 'current'))
  const others = (manifest?.entries ?? []).filter(
    each => each.make.kind === 'program' && basename(each.path) !== name,
  )
  // Already in use: the previous one stays until the next upgrade, for processes that still run from it.
  const isKept = ({ path: old }: { path: string }) =>
    current === name ? existsSync(join(program, basename(old))) : old === join(path, current ?? '')
  const earlierPrograms = others.filter(isKept).slice(0, 1)
  // A recorded Node that still does its work is kept, so that a second run changes nothing.
  const recorded = join(program, name, 'node')
  const usual = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs']
  const node =
    ownNode(from) ?? findNode([process.execPath, ...(forAll ? usual : []), recorded], forAll)
  return {
    from,
    name,
    print,
    node,
    earlierPrograms: earlierPrograms.map(({ path, make }) => ({ path, make })),
  }
}

function linkTarget(path: string): string | null {
  try {
    return existsSync(path) ? readlinkSync(path) : null
  } catch {
    return null
  }
}

/** Several times the size of one. */
const nodeMaxBytes = 1024 * 1024 * 1024

/** The path of the Node that came with the program in `root`; null where there is none, or only a link to one. */
function ownNode(root: string): string | null {
  const path = join(root, 'node')
  return statOf(path)?.isFile() ? path : null
}

/**
 * Makes `path` run `node` for the program that was copied from `root`: a copy of the one it brings, which
 * outlives what it was copied from, else a link.
 */
export function placeNode(path: string, node: string, root: string): void {
  if (node !== ownNode(root)) symlinkSync(node, path)
  else if (!isLinkedTo(node, path)) {
    // Not by copyFile: that gives the copy to the owner of the original.
    const bytes = requireBytes(node, { maxBytes: nodeMaxBytes, links: 'refuse' })
    writeFileSync(path, bytes ?? '', { mode: 0o755, flag: 'wx' })
    chmodSync(path, 0o755)
  }
}

/** Hard links take no space. Only for files that only root could change. */
function isLinkedTo(node: string, path: string): boolean {
  if (process.geteuid?.() !== 0 || !isForAll(node)) return false
  try {
    linkSync(node, path)
    return true
  } catch {
    // Another file system, or one without such links.
    return false
  }
}
