// Instructions for every agent of a machine: those of the package by their name, or a file of the site's.

import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { AuthError } from '../system/error.js'
import { requireBytes } from '../system/open-file.js'
import { ownRoot } from '../system/program-places.js'
import { clean } from '../text/clean.js'
import type { Choices } from './manifest.js'

type Instructions = NonNullable<Choices['instructions']>

/** Much longer than anything that is read before every prompt should be. */
const maxBytes = 64 * 1024

/**
 * What is asked for: `changes` (or another name of the package's), a file, `none`; null: as before. What the package brings is
 * read anew, so that an upgrade brings its own words. Throws `usage` for what can't be read.
 */
export function instructionsFor(
  wanted: string | null,
  before: Instructions | null,
): Instructions | null {
  if (wanted === 'none') return null
  if (wanted === null) return before && (shipped(before.name) ?? before)
  return shipped(wanted) ?? given(wanted)
}

function shipped(name: string): Instructions | null {
  if (!/^[a-z][a-z-]*$/.test(name)) return null
  const path = join(ownRoot(), 'instructions', `${name}.md`)
  return existsSync(path) ? { name, text: textOf(path) } : null
}

function given(file: string): Instructions {
  const path = resolve(file)
  const name = basename(path).replace(/\.md$/i, '')
  if (!existsSync(path))
    throw usage(
      `the instructions ${clean(file, 200)} are neither \`changes\` nor a file; nothing was changed`,
    )
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/.test(name))
    throw usage(
      `${clean(file, 200)}: the name of the file is to be made of letters, digits, ".", "_" and "-"`,
    )
  // Its words are the site's own, whatever the package names so later.
  const text = textOf(path)
  return { name: shipped(name) === null ? name : `site-${name}`, text }
}

function textOf(path: string): string {
  const bytes = requireBytes(path, { maxBytes })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes ?? undefined)
    if (text.trim() !== '' && !text.includes('\0')) return text.endsWith('\n') ? text : `${text}\n`
  } catch {
    // It is no text.
  }
  throw usage(`${clean(path, 200)} is empty or no text`)
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { hint: 'claude-auth install --help' })
}
