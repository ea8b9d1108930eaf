// The object that `--json` prints where a command did not come to its own: what is wrong, and what to type.

import type { Env } from '../system/paths.js'

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
