// The program that a long run was started as: is it still the one that stands there, and a turn of the one that does.

import { spawn } from 'node:child_process'
import { readlinkSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Env } from '../system/paths.js'
import { ownRoot } from '../system/program-places.js'

/** The folder of the program, by the link `current` in an installation; `print` tells its files from others. */
export interface ProgramInPlace {
  folder: string
  print: string | null
}

/** Where this very program is found also after an upgrade. */
export function programInPlace(): ProgramInPlace {
  const own = ownRoot()
  const current = join(dirname(own), 'current')
  const folder = linkTarget(current) === basename(own) ? current : own
  return { folder, print: printOf(folder) }
}

/** `replaced` by another version, whose files the code at work could not load; `gone`: removed. */
export function standing({ folder, print }: ProgramInPlace): 'same' | 'replaced' | 'gone' {
  const now = printOf(folder)
  if (now === null) return 'gone'
  return now === print ? 'same' : 'replaced'
}

/** The signals that ask a run to end between two steps. */
export const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Runs the program that stands there now to its end. A signal is passed on to it, and then `interrupted` is true. */
export async function runInPlace(
  { folder }: ProgramInPlace,
  args: string[],
  env: Env,
): Promise<{ code: number; interrupted: boolean }> {
  const child = spawn(join(folder, 'bin/claude-auth'), args, { env, stdio: 'inherit' })
  let interrupted = false
  const pass = (signal: NodeJS.Signals) => {
    interrupted = true
    child.kill(signal)
  }
  for (const signal of passedOn) process.on(signal, pass)
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', ended => resolve(ended ?? 1))
  }).finally(() => {
    for (const signal of passedOn) process.off(signal, pass)
  })
  return { code, interrupted }
}

/** The bundle names the others, so it changes with each of them. */
function printOf(folder: string): string | null {
  const stat = statSync(join(folder, 'dist/claude-auth.cjs'), { throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}` : null
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
