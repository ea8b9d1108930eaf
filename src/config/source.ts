// The files that the configuration is made of: does one exist, is it safe to believe, has it changed; and the text that a new one
// begins with.

import { type BigIntStats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { rightsHint } from '../system/owner.js'
import type { OwnPaths } from '../system/paths.js'
import { AuthError, quoted, systemCode } from '../system/trouble.js'
import { closing, distrustHint, distrustOf, othersMayWrite } from '../system/trusted-path.js'

/** Limits of what is parsed, since the library is slow. */
export interface YamlLimits {
  maxBytes: number
  /** Keys, list items and marks; those that take the library longest cost 10 µs each. */
  maxMarks: number
  maxLines: number
}

export const mebibyte = 1024 * 1024
/** A configuration is far below. */
export const configLimits: YamlLimits = { maxBytes: mebibyte, maxMarks: 40_000, maxLines: 80_000 }
/** A roster of 20,000 people with ten keys each, which takes about a second. */
export const rosterLimits: YamlLimits = {
  maxBytes: 8 * mebibyte,
  maxMarks: 400_000,
  maxLines: 400_000,
}

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
 * @throws AuthError `config-unreadable`, `config-writable-by-others`, `config-invalid` (too large)
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
  const { maxBytes } = kind === 'roster' ? rosterLimits : configLimits
  if (stat.size > maxBytes)
    throw new AuthError(
      'config-invalid',
      `${path}: want at most ${maxBytes / mebibyte} MiB of YAML`,
      {
        hint: `ls -l ${quoted(path)}`,
      },
    )
  const { ino, size, mtimeNs, ctimeNs } = stat
  const fingerprint = [ino, size, mtimeNs, ctimeNs].join(':')
  return { kind, path, exists: true, fingerprint, ctimeMs: Number(ctimeNs / 1_000_000n) }
}

function statConfig(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    const code = systemCode(error)
    throw new AuthError('config-unreadable', `${path}: cannot be read (${code})`, {
      hint: rightsHint(path, code) ?? `ls -ld ${quoted(path)} ${quoted(dirname(path))}`,
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

const machineFile = `# claude-auth on this machine. Every key is optional; docs/configuration.md tells of each.
# What stands here under identity, roster, vault, alerts and endpoints cannot be weakened by a user's own
# ~/.config/claude-auth/config.yaml; with an identity or a roster here, no user names other endpoints.
# "mode: off" here switches it off for all; with "mode: on" no user can.
version: 1

# Whose logins are accepted here; any other is never backed up and never overwrites.
#identity:
#  organizationUuid: 00000000-0000-0000-0000-000000000000
#  email: "{user}@example.com"

# Where logins are backed up: local (sealed, in each home), vault, or none.
#store: vault
#vault:
#  address: https://vault.example.com:8200
#  path: "workstation/claude-users/{user}"

# Who is told when a person is needed. The file: root:claude-auth, mode 0640.
#alerts:
#  slack: {webhookFile: /etc/claude-auth/slack-webhook}
#  runbook: https://wiki.example.com/claude-login

# sole: the refresh token lies in claude-auth's sealed store only, and no client can spend it.
# shared: it stays in the login file, as the client keeps it.
`

const personFile = `# claude-auth, for you alone. Every key is optional; what the machine's file /etc/claude-auth/config.yaml
# sets applies as well.
version: 1

`

/** The text without our own key, for the file of the machine and for a person's. */
export const annotatedConfig = { machine: machineFile, person: personFile } as const
