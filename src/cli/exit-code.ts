// The one catch around every command: what broke becomes words on standard error, and an exit code.

import { AuthError } from '../system/error.js'

/** The exit code that `work` gives, or that of the error it threw, which is printed. Never throws. */
export async function exitCodeOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    const { errorLines } = await import('../text/trouble.js')
    process.stderr.write(`${errorLines(error).join('\n')}\n`)
    return error instanceof AuthError ? error.exitCode : 1
  }
}
