// Does the person's shell find the wrapper when they type `claude`? If not: the line to type.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Env } from '../system/paths.js'
import { isWrapper } from '../system/program-places.js'
import { sh } from './shells/sh.js'
import { shells } from './shells/table.js'

/** The command that puts the wrapper's folder first on PATH for this shell; null where the wrapper is found. */
export function shellAdvice(env: Env, home: string, program: string): string | null {
  const first = (env['PATH'] ?? '')
    .split(':')
    .map(folder => join(folder, 'claude'))
    .find(path => path.startsWith('/') && existsSync(path))
  if (first !== undefined && isWrapper(first)) return null
  const own = join(home, '.local/bin/claude')
  const folder =
    existsSync(own) && isWrapper(own) ? '$HOME/.local/bin' : join(program, 'current/bin')
  const name = basename(env['SHELL'] ?? '')
  return (shells.find(each => each.program === name) ?? sh).advice(folder)
}
