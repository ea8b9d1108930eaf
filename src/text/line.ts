// A line of ours on standard error: with the prefix, in 80 columns where it can be.

import { columnsOf } from './clean.js'

export const linePrefix = 'claude-auth: '
/** Columns. */
export const widest = 80

/** A line with the prefix: the first of the sentences that fits the width, else the last. */
export function say(...sentences: [string, ...string[]]): string {
  const lines = sentences.map(sentence => `${linePrefix}${sentence}`)
  return lines.find(line => columnsOf(line) <= widest) ?? lines[lines.length - 1] ?? linePrefix
}
