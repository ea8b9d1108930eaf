// The flags of `claude-auth ensure`: those for people, and those that wrapper, hooks and timer give.

import { parseArgs } from 'node:util'
import { AuthError } from '../host/error.js'
import { clean } from '../report/clean.js'

const options = {
  json: { type: 'boolean' },
  force: { type: 'boolean' },
  offline: { type: 'boolean' },
  every: { type: 'string' },
  // For the wrapper, hooks and timer: who asks, the gate that is held, and what is known already.
  for: { type: 'string' },
  'gate-fd': { type: 'string' },
  client: { type: 'string' },
  override: { type: 'string' },
  terminal: { type: 'boolean' },
  // Another credential than the login stands in the environment.
  foreign: { type: 'boolean' },
  cwd: { type: 'string' },
} as const

export type EnsureFlags = ReturnType<typeof flagsOf>

const askers = ['launch', 'session', 'soon', 'hook', 'timer', 'sign-in']

/** Throws `usage` for anything unknown. */
export function flagsOf(argv: string[]) {
  const flags = parsed(argv)
  if (flags.for !== undefined && !askers.includes(flags.for))
    throw usage(`--for takes ${askers.join(', ')}, not ${clean(flags.for, 40)}`)
  return flags
}

function parsed(argv: string[]) {
  try {
    return parseArgs({ args: argv, options, strict: true }).values
  } catch (error) {
    throw usage(error instanceof Error ? (error.message.split('.')[0] ?? '') : '')
  }
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { hint: 'claude-auth ensure --help' })
}

/** The gate's descriptor, where the caller has entered it. */
export function gateDescriptor(flags: EnsureFlags): number | null {
  const text = flags['gate-fd']
  return text !== undefined && /^[0-9]{1,4}$/.test(text) ? Number(text) : null
}
