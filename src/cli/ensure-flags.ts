// What `claude-auth ensure` is asked for: its table entry, its flags for people and for wrapper, hooks and timer, and what the
// shell hands over of a launch.

import type { Env } from '../system/paths.js'
import { type CommandEntry, type FlagValues, readFlags } from './command.js'

export const entry = {
  name: 'ensure',
  group: 'plumbing',
  summary: 'make sure now that the login is good',
  about:
    'Makes sure that the login is good: renews it, restores it from the store, checks it with the server and stores a copy, as needed. Wrapper, hooks and timer call it.',
  flags: {
    json: { says: 'the result as one JSON object' },
    force: { says: 'check everything now, whatever marks, ages and back-off say' },
    offline: { says: 'no network at all' },
    every: { value: '15m', says: 'repeat at this interval, for machines without systemd' },
    for: {
      value: 'WHO',
      says: 'the actor: launch, hook, timer or command',
      choices: ['launch', 'session', 'soon', 'hook', 'timer', 'sign-in', 'shell'],
      hidden: true,
    },
    'gate-fd': { value: 'N', says: 'the gate, held already', hidden: true },
    'launch-in-environ': {
      says: 'what is launched, and where, comes in the environment',
      hidden: true,
    },
    override: { says: 'the client was chosen for this launch', hidden: true },
    terminal: { says: 'a person at a terminal can be asked', hidden: true },
    foreign: { says: 'another credential stands in the environment', hidden: true },
    'environ-on-stdin': { says: 'the environment that counts comes on stdin', hidden: true },
    within: { value: 'SECONDS', says: 'how long the caller waits for the verdict', hidden: true },
    'waited-for': { says: 'the caller waits until this run has ended', hidden: true },
  },
  notes: [
    'Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.',
  ],
  examples: ['claude-auth ensure --force --json', 'claude-auth ensure --every 15m'],
} as const satisfies CommandEntry

export type EnsureFlags = FlagValues<typeof entry>

/** Throws `usage` for anything unknown. */
export function flagsOf(argv: string[]): EnsureFlags {
  return readFlags(entry, argv).flags
}

/** The gate's descriptor, where the caller has entered it. */
export function gateDescriptor(flags: EnsureFlags): number | null {
  const text = flags['gate-fd']
  return text !== undefined && /^[0-9]{1,4}$/.test(text) ? Number(text) : null
}

/** How long a launch waits for its verdict (ms): as the configuration says, or what is left of that. */
export function launchWaitMs(flags: EnsureFlags, configuredMs: number): number {
  const text = flags.within ?? ''
  return /^[0-9]{1,4}$/.test(text) ? Math.min(Number(text) * 1_000, configuredMs) : configuredMs
}

// Any user of the machine can read the arguments of a process; only its user and root can read its environment.
const clientName = 'CLAUDE_AUTH_LAUNCH_CLIENT'
const folderName = 'CLAUDE_AUTH_LAUNCH_FOLDER'

export interface HandedOver {
  /** The client to be launched. */
  client: string | null
  /** Where it is started. */
  folder: string | null
  /** For everything else: without what was handed over, which is no other program's. */
  env: Env
}

/** `isHanded`: the flag that comes with it; without it, what stands there is not of our shell and counts for nothing. */
export function handedOver(isHanded: boolean, given: Env): HandedOver {
  const { [clientName]: client, [folderName]: folder, ...env } = given
  return {
    client: (isHanded && client) || null,
    folder: (isHanded && folder) || null,
    env,
  }
}
