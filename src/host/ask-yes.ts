// A question at the terminal that has an end.

import { createInterface } from 'node:readline/promises'

/** Long enough to read what is asked about; where nobody sits, a command must end by itself. */
const limitMs = 10 * 60_000

/** The terminal, and the time that somebody has to answer. */
export interface AskAt {
  input: NodeJS.ReadableStream
  output: NodeJS.WritableStream
  withinMs?: number
}

/**
 * Asks on stderr; true for Enter, `y` and `yes`. False for anything else, for Ctrl-C and Ctrl-D, and where
 * nobody answers within ten minutes.
 */
export async function askYes(
  question: string,
  { input, output, withinMs = limitMs }: AskAt = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const terminal = createInterface({ input, output })
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), withinMs)
  terminal.on('close', () => ended.abort())
  try {
    const answer = await terminal.question(question, { signal: ended.signal })
    return /^(?:y(?:es)?)?$/i.test(answer.trim())
  } catch {
    output.write('\n')
    return false
  } finally {
    clearTimeout(timer)
    terminal.close()
  }
}
