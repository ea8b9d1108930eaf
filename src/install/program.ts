// The program's own files: which belong to an installation, what tells two of them apart, and which Node runs them.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AuthError } from '../host/error.js'
import { requireBytes } from '../host/open-file.js'
import { runTool } from '../host/system-tools.js'

/** Many times the largest file of the program. */
const partMaxBytes = 256 * 1024 * 1024

const parts = [
  'bin',
  'dist',
  'skel',
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

/** The same for the same files: names, bytes and what is executable. Empty where there is no program. */
export function programPrint(root: string): string {
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
export function findNode(candidates: string[], forAll: boolean): string {
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue
    const path = realpathSync(candidate)
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
export function isForAll(path: string): boolean {
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
