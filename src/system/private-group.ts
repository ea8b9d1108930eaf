// Whether a group that may write somewhere is nobody but the user: asked of bin/trust.sh, so that there is one rule.

import { spawnSync } from 'node:child_process'
import { type BigIntStats, existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const limitMs = 10_000
/** What was answered by now, under all that the answer depends on and that can be seen from here. */
const known = new Map<string, boolean>()

/**
 * May only `uid` and root write to `path`, although its group may: is nobody else in the group, and is no other let in by an
 * access control list? It costs some processes, once for each place as it is. False where it can't be told.
 */
export function isOnlyOurs(path: string, stat: BigIntStats, uid: number): boolean {
  const { dev, ino, ctimeNs, gid } = stat
  const key = [uid, path, dev, ino, ctimeNs, changeOf('/etc/group'), changeOf('/etc/passwd')].join()
  const before = known.get(key)
  if (before !== undefined) return before
  // From dist/, or from where the source is.
  const script = ['../bin/trust.sh', '../../bin/trust.sh']
    .map(each => fileURLToPath(new URL(each, import.meta.url)))
    .find(each => existsSync(each))
  const isOurs = script !== undefined && ask(script, [String(uid), String(gid), path])
  known.set(key, isOurs)
  return isOurs
}

function ask(script: string, words: string[]): boolean {
  const { status } = spawnSync('/bin/sh', [script, ...words], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: 'ignore',
    timeout: limitMs,
  })
  return status === 0
}

function changeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ctimeNs ?? null
}
