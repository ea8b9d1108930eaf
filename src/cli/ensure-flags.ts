// The flags of `claude-auth ensure`: those for people, and those that wrapper, hooks and timer give.

import type { Env } from '../system/paths.js'
import { bareEnvironment, environmentOnInput } from '../system/process-environment.js'
import { withoutStrangePlaces } from '../system/strange-places.js'
import { type FlagValues, readFlags } from './command.js'
import { ensure } from './entries/plumbing.js'

export type EnsureFlags = FlagValues<typeof ensure>

/** Throws `usage` for anything unknown. */
export function flagsOf(argv: string[]): EnsureFlags {
  return readFlags(ensure, argv).flags
}

/** The gate's descriptor, where the caller has entered it. */
export function gateDescriptor(flags: EnsureFlags): number | null {
  const text = flags['gate-fd']
  return text !== undefined && /^[0-9]{1,4}$/.test(text) ? Number(text) : null
}

/**
 * The environment that the run goes by: of a hook, what the client was started with, for a repository's settings
 * reach the hook itself. Where that was not to be had, no variable of the hook's counts.
 */
export function environmentFor(flags: EnsureFlags, env: Env): Env {
  if (!flags['environ-on-stdin']) return env
  const began = environmentOnInput(0) ?? bareEnvironment(env)
  return withoutStrangePlaces(began, process.geteuid?.() ?? -1)
}
