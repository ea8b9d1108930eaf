// The attributes of a file that only root may set: `+i` (immutable) and `+a` (append-only).

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** For tap: skipped where this user, or the file system of temporary files, can't set them. */
export const attributes = { skip: whyNone() }

function whyNone(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-attributes-'))
  const isThere = spawnSync('chattr', ['+i', folder]).status === 0
  if (isThere) spawnSync('chattr', ['-i', folder])
  rmSync(folder, { recursive: true })
  return isThere ? false : 'chattr is not allowed here'
}

/** Sets one until the test ends; the answer takes it away at once. */
export function chattr(t: Test, attribute: string, path: string): () => void {
  t.equal(spawnSync('chattr', [attribute, path]).status, 0)
  const back = () => {
    spawnSync('chattr', [attribute.replace('+', '-'), path])
  }
  t.teardown(back)
  return back
}
