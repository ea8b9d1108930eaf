// One file that the configuration is made of: does it exist, is it safe to believe, has it changed.

import { type BigIntStats, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AuthError, systemCode } from '../error.js'
import type { OwnPaths } from '../paths.js'
import { closing, othersMayWrite } from '../trusted-path.js'

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
 * written, itself or by its folder (its target's too, for a symlink), is not.
 * @throws AuthError `config-unreadable`, `config-writable-by-others`, `config-invalid` (over 1 MiB)
 */
export function configSource(kind: SourceKind, path: string, uid: number): ConfigSource {
  const stat = statConfig(path)
  if (!stat) return { kind, path, exists: false, fingerprint: 'absent', ctimeMs: 0 }
  if (!stat.isFile())
    throw new AuthError('config-unreadable', `${path}: want a regular file`, {
      hint: `ls -ld ${path}`,
    })
  believe(path, stat, uid)
  for (const folder of new Set([dirname(path), dirname(realpathSync(path))]))
    believe(folder, statSync(folder), uid)
  if (stat.size > maxBytes)
    throw new AuthError('config-invalid', `${path}: want at most 1 MiB of YAML`, {
      hint: `ls -l ${path}`,
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

function believe(path: string, stat: Parameters<typeof othersMayWrite>[0], uid: number): void {
  const why = othersMayWrite(stat, uid)
  if (why)
    throw new AuthError('config-writable-by-others', `${path} ${why}, so it is not believed`, {
      hint: closing(path, stat, uid),
    })
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
