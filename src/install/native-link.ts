// The link that the client's own installer makes: put back as it was, its target may have gone in an update meanwhile.

import { existsSync, readdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where `~/.local/bin/claude` leads to a version that is gone, it leads to the newest one that is there. */
export function renewNativeLink(home: string, nonce: string): void {
  const path = join(home, '.local/bin/claude')
  const newest = newestBeside(path)
  if (newest === null) return
  const temporary = `${path}.tmp.${nonce}`
  symlinkSync(newest, temporary)
  renameSync(temporary, path)
}

/** Null where the link needs no other target, or there is none. */
function newestBeside(path: string): string | null {
  try {
    const target = readlinkSync(path)
    const folder = dirname(target)
    if (!folder.endsWith('/.local/share/claude/versions') || existsSync(path)) return null
    const names = readdirSync(folder).filter(name => /^\d+\.\d+\.\d+$/.test(name))
    const newest = names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
    return newest === undefined ? null : join(folder, newest)
  } catch {
    // No link, or nothing beside it.
    return null
  }
}
