// Variables that name places which others could fill: they don't count, for `sudo -E` and `su` leave them behind.

import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Env } from './paths.js'
import { distrustOf } from './trusted-path.js'

/**
 * Where programs keep, find and make their own files. The login's places (`HOME`, `CLAUDE_CONFIG_DIR`,
 * `CLAUDE_SECURESTORAGE_CONFIG_DIR`, `CLAUDE_AUTH_CONFIG`) are none of them: without these it would be another login, so
 * where they are not trusted nothing is done at all.
 */
const places = [
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'ANTHROPIC_CONFIG_DIR',
  'CLAUDE_CODE_TMPDIR',
  'ZDOTDIR',
  'TMPDIR',
  'TMP',
  'TEMP',
]
/** A shared folder is fine for these: files made there have unpredictable names and an owner. */
const forScratch = ['CLAUDE_CODE_TMPDIR', 'TMPDIR', 'TMP', 'TEMP']

/** `env` without the variables that name a place where others than `uid` and root could put something. Reads nothing there. */
export function withoutStrangePlaces(env: Env, uid: number): Env {
  const strange = strangePlaces(env, uid)
  if (strange.length === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !strange.includes(name)))
}

/** The variables that `withoutStrangePlaces` leaves out. */
export function strangePlaces(env: Env, uid: number): string[] {
  return places.filter(name => {
    const path = env[name]
    if (path === undefined || path === '') return false
    return !(forScratch.includes(name) ? isForScratch(path, uid) : isTrusted(path, uid))
  })
}

/** A relative path is one of wherever we happen to be. */
function isTrusted(path: string, uid: number): boolean {
  return path.startsWith('/') && distrustOf(path, uid) === null
}

function isForScratch(path: string, uid: number): boolean {
  return isTrusted(path, uid) || (isForAll(path) && isTrusted(dirname(path), uid))
}

/** `/tmp` and its like. */
function isForAll(path: string): boolean {
  try {
    const { mode, uid } = lstatSync(path)
    return uid === 0 && (mode & 0o041000) === 0o041000
  } catch {
    return false
  }
}
