// The hooks that the client's settings need, so that a launch that never met the wrapper is checked too. No I/O.

import { quoted } from '../host/quoted.js'

/** `hooks` of the client's settings, as far as it is ours. */
export interface HookEntries {
  hooks: Record<ClientEvent, { hooks: { type: 'command'; command: string; timeout: number }[] }[]>
}

export type ClientEvent = 'SessionStart' | 'UserPromptSubmit' | 'StopFailure' | 'SessionEnd'

/** More than any `renewal.launchWait` (2 minutes at most), in seconds: the hook itself keeps to the configured one. */
const waitingSeconds = 150
/** For what nobody waits for. */
const leavingSeconds = 60

const hooks = [
  ['SessionStart', 'session-start', waitingSeconds],
  ['UserPromptSubmit', 'user-prompt-submit', waitingSeconds],
  ['StopFailure', 'stop-failure', leavingSeconds],
  ['SessionEnd', 'session-end', leavingSeconds],
] as const

/**
 * The entries for the program in the folder `program` (absolute, such as
 * `/usr/local/lib/claude-auth/current`), in the form of clients 2.1.197 and 2.1.330: merged into a
 * settings file, or as a managed drop-in by themselves.
 */
export function hookEntries(program: string): HookEntries {
  const entries = hooks.map(([event, name, timeout]) => [
    event,
    [{ hooks: [{ type: 'command', command: hookCommand(program, name), timeout }] }],
  ])
  return { hooks: Object.fromEntries(entries) as HookEntries['hooks'] }
}

/** Is this a hook's command of ours, whichever program folder it names? */
export function isOurHook(command: string): boolean {
  const found = /\/bin\/claude-auth'? hook ([a-z-]+)$/.exec(command)
  return hooks.some(([, name]) => name === found?.[1])
}

/** The client hands it to a shell. */
function hookCommand(program: string, name: string): string {
  return `${quoted(`${program}/bin/claude-auth`)} hook ${name}`
}
