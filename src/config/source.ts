// One file that the configuration is made of: does it exist, is it safe to believe, has it changed.

import { type BigIntStats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AuthError, systemCode } from '../system/error.js'
import type { OwnPaths } from '../system/paths.js'
import { quoted } from '../system/trouble.js'
import { closing, distrustHint, distrustOf, othersMayWrite } from '../system/trusted-path.js'

const maxBytes = 1024 * 1024

export type SourceKind = 'system' | 'user' | 'roster'

export interface ConfigSource {
  kind: SourceKind
  path: string
  exists: boolean
  /** Changes with the file: inode, size, mtime and ctime in nanoseconds; `absent` without one. */
  fingerprint: string
  /** 0 without a file. */
  ctimeMs: number
}

/**
 * The configuration files and whether they exist, as `[ -e ]` of the shell would tell: what the
 * mark `fresh` records. Reads and judges nothing.
 */
export function configFiles(
  paths: Pick<OwnPaths, 'systemConfig' | 'userConfig'>,
): { kind: 'system' | 'user'; path: string; exists: boolean }[] {
  return [
    { kind: 'system', path: paths.systemConfig, exists: exists(paths.systemConfig) },
    { kind: 'user', path: paths.userConfig, exists: exists(paths.userConfig) },
  ]
}

/**
 * Looks at one file without reading it. A file that is missing is fine; one that others could have
 * written, or replaced anywhere on the way to it (links included), is not.
 * @throws AuthError `config-unreadable`, `config-writable-by-others`, `config-invalid` (over 1 MiB)
 */
export function configSource(kind: SourceKind, path: string, uid: number): ConfigSource {
  const stat = statConfig(path)
  if (!stat) return { kind, path, exists: false, fingerprint: 'absent', ctimeMs: 0 }
  if (!stat.isFile())
    throw new AuthError('config-unreadable', `${path}: want a regular file`, {
      hint: `ls -ld ${quoted(path)}`,
    })
  const why = othersMayWrite(stat, uid)
  if (why) throw unbelieved(`${path} ${why}, so it is not believed`, closing(path, stat, uid))
  const distrust = distrustOf(path, uid)
  if (distrust) {
    const what = `${distrust.path} ${distrust.why}, so ${path} is not believed`
    throw unbelieved(what, distrustHint(distrust, uid))
  }
  if (stat.size > maxBytes)
    throw new AuthError('config-invalid', `${path}: want at most 1 MiB of YAML`, {
      hint: `ls -l ${quoted(path)}`,
    })
  const { ino, size, mtimeNs, ctimeNs } = stat
  const fingerprint = [ino, size, mtimeNs, ctimeNs].join(':')
  return { kind, path, exists: true, fingerprint, ctimeMs: Number(ctimeNs / 1_000_000n) }
}

function statConfig(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    throw new AuthError('config-unreadable', `${path}: cannot be read (${systemCode(error)})`, {
      hint: `ls -ld ${path} ${dirname(path)}`,
    })
  }
}

function unbelieved(what: string, hint: string): AuthError {
  return new AuthError('config-writable-by-others', what, { hint })
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
