// Breaking text into lines of a width, at blanks; and our line on standard error, with its prefix.

import { columnsOf } from './clean.js'

/** Lines of at most `width` columns; a longer word stays whole. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(/\s+/)) {
    if (current !== '' && columnsOf(current) + 1 + columnsOf(word) > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}

/** The same behind `lead`; further lines are indented as far. A lead wider than `indent` has a line of its own. */
export function hanging(lead: string, text: string, indent: number, width: number): string[] {
  const blank = ' '.repeat(indent)
  const lines = wrapped(text, Math.max(width - indent, 20))
  if (columnsOf(lead) + 1 > indent) return [lead, ...lines.map(line => `${blank}${line}`)]
  return lines.map((line, at) => `${at === 0 ? lead.padEnd(indent) : blank}${line}`)
}

/** The width to write for: a terminal's own between 40 and 100 columns, 80 where there is none. */
export function widthOf(stream: { isTTY?: boolean; columns?: number }): number {
  return stream.isTTY === true && stream.columns ? Math.min(Math.max(stream.columns, 40), 100) : 80
}

export const linePrefix = 'claude-auth: '
/** Columns. */
export const widest = 80

/** A line with the prefix: the first of the sentences that fits the width, else the last. */
export function say(...sentences: [string, ...string[]]): string {
  const lines = sentences.map(sentence => `${linePrefix}${sentence}`)
  return lines.find(line => columnsOf(line) <= widest) ?? lines[lines.length - 1] ?? linePrefix
}
