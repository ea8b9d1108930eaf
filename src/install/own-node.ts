// The Node that the program itself brings, as a .deb, .rpm or .tar.gz does: an installation gets one of its own.

import { chmodSync, linkSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireBytes } from '../host/open-file.js'
import { isForAll } from './program.js'

/** Several times the size of one. */
const nodeMaxBytes = 1024 * 1024 * 1024

/** The path of the Node that came with the program in `root`; null where there is none, or only a link to one. */
export function ownNode(root: string): string | null {
  const path = join(root, 'node')
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? path : null
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

/** A second name of the same file takes no room. Only of what nobody but root could change. */
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
