// The verdict of a launch, kept for those that waited for it at the gate while it was found.

import { join } from 'node:path'
import { atomicWrite, removeQuietly } from '../host/atomic-write.js'
import type { LoginPaths } from '../host/paths.js'

/** Keeps `answer` as the wrapper reads it: the verdict and its lines. Throws `write-failed`. */
export function writeVerdict(
  paths: LoginPaths,
  terminal: boolean,
  answer: readonly string[],
  nonce: string,
): void {
  place(paths, terminal ? 'verdict--terminal' : 'verdict', answer, nonce)
}

/**
 * Keeps a verdict about another credential than the login: only for launches that `about` fits (`y` for
 * one in the environment, a colon, the folder), as the wrapper spells it. A folder with a line break in its name (a repository
 * may have one) shares with nobody: the rest of the name would be read as a verdict.
 */
export function writeOtherVerdict(
  paths: LoginPaths,
  about: string,
  answer: readonly string[],
  nonce: string,
): void {
  if (about.includes('\n')) removeQuietly(join(paths.state, 'verdict-other'))
  else place(paths, 'verdict-other', [about, ...answer], nonce)
}

/** Forgets the verdicts of earlier workers. */
export function clearVerdicts(paths: LoginPaths): void {
  for (const name of ['verdict', 'verdict--terminal', 'verdict-other'])
    removeQuietly(join(paths.state, name))
}

function place(paths: LoginPaths, name: string, lines: readonly string[], nonce: string): void {
  atomicWrite(join(paths.state, name), `${lines.join('\n')}\n`, { nonce, durable: false })
}
