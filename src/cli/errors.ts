// A command that fails: the one catch that makes words on standard error and an exit code, and the object that `--json` prints
// then.

import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'

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

type Command = (argv: string[], env: Env) => Promise<number>

/** One JSON object, with the line behind it. `hint`: the command to type. */
export async function errorObjectText(
  verdict: 'broken' | 'no-answer',
  { message, hint }: { message: string; hint: string | null },
): Promise<string> {
  const { jsonText } = await import('../text/clean.js')
  return `${jsonText({ schemaVersion: 1, verdict, error: { message, hint } })}\n`
}

/** `command`, which with `--json` prints an object for what it throws, too: a program that reads it gets one, whatever happens. */
export function withErrorObject(command: Command): Command {
  return async (argv, env) => {
    try {
      return await command(argv, env)
    } catch (error) {
      if (argv.includes('--json')) {
        const { errorWords } = await import('../text/trouble.js')
        process.stdout.write(await errorObjectText('broken', errorWords(error)))
      }
      throw error
    }
  }
}
