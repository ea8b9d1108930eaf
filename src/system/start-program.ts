// Starting a program: whichever way it fails, the child says so by its event `error`.

import { ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

/**
 * As `spawn`, which throws some errors of the system (E2BIG, ENOMEM) and tells others by the event: here all come by the
 * event, after this call. A child that was not started may have no pipes (EMFILE). Never throws for the system's sake.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  try {
    return spawn(program, args, options)
  } catch (error) {
    const child = new ChildProcess()
    process.nextTick(() => child.emit('error', error))
    return child
  }
}
