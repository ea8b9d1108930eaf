// Lines for a terminal: their width, our prefix, their color (only at a terminal, unless NO_COLOR is set), and a word of
// patience.

import type { Env } from '../system/paths.js'
import { cleanLine, columnsOf } from './clean.js'

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

/** Where words go: `process.stdout`, or what stands in for it. */
export interface Output {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** The width to write for: a terminal's own between 40 and 100 columns, 80 where there is none. */
export function widthOf(stream: Pick<Output, 'isTTY' | 'columns'>): number {
  return stream.isTTY === true && stream.columns ? Math.min(Math.max(stream.columns, 40), 100) : 80
}

export const linePrefix = 'claude-auth: '
/** Columns. */
export const widest = 80

/** A line with the prefix, without what steers a terminal: the first of the sentences that fits the width, else the last. */
export function say(...sentences: [string, ...string[]]): string {
  const lines = sentences.map(sentence => `${linePrefix}${cleanLine(sentence)}`)
  return lines.find(line => columnsOf(line) <= widest) ?? lines[lines.length - 1] ?? linePrefix
}

type Dye = (text: string) => string

/** Before a line: how it stands with what the line says. */
export interface Signs {
  good: string
  note: string
  care: string
  bad: string
  /** Not begun. */
  open: string
}

const unicodeSigns: Signs = { good: '✓', note: '•', care: '!', bad: '✗', open: '·' }

const asciiSigns: Signs = { good: '+', note: '.', care: '!', bad: 'x', open: '-' }

export interface Ink {
  bold: Dye
  dim: Dye
  good: Dye
  care: Dye
  bad: Dye
  /** Those that the locale has. */
  signs: Signs
}

const as: Dye = text => text

/** No color at all. */
export const plainInk: Ink = {
  bold: as,
  dim: as,
  good: as,
  care: as,
  bad: as,
  signs: unicodeSigns,
}

/** As setlocale(3) chooses; nothing set is the C locale. */
export function isUtf8(env: Env): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return /utf-?8/i.test(locale)
}

export function signsFor(env: Env): Signs {
  return isUtf8(env) ? unicodeSigns : asciiSigns
}

export async function inkFor(env: Env, isTerminal: boolean): Promise<Ink> {
  const signs = signsFor(env)
  if (!isTerminal || env['NO_COLOR'] || env['TERM'] === 'dumb') return { ...plainInk, signs }
  const { default: kleur } = await import('kleur')
  kleur.enabled = true
  return {
    bold: text => kleur.bold(text),
    dim: text => kleur.dim(text),
    good: text => kleur.green(text),
    care: text => kleur.yellow(text),
    bad: text => kleur.red(text),
    signs,
  }
}

/** Shorter waits need no word. */
const quietMs = 300

interface Stream {
  isTTY?: boolean
  write: (text: string) => unknown
}

/** Can what is written on it be taken away again? */
function isErasable(stream: Stream | null, env: Env): stream is Stream {
  return stream?.isTTY === true && env['TERM'] !== 'dumb'
}

/** Shows `words` on `stream` from 300 ms on, only if they can be taken away; the result does that. */
export function progress(words: string, stream: Stream | null, env: Env): () => void {
  if (!isErasable(stream, env)) return () => undefined
  let shown = false
  const timer = setTimeout(() => {
    shown = true
    stream.write(`${linePrefix}${words}...`)
  }, quietMs)
  return () => {
    clearTimeout(timer)
    // The whole line.
    if (shown) stream.write('\r\u001b[K')
    shown = false
  }
}

/** How often the words change, at most. */
const everyMs = 100

/**
 * The same with a number that grows: `tick` shows the words of the newest one, `end` takes them away. Nothing is shown in
 * the first 300 ms, nor where they could not be taken away.
 */
export function progressCount(
  words: (count: number) => string,
  stream: Stream,
  env: Env,
): { tick: (count: number) => void; end: () => void } {
  if (!isErasable(stream, env)) return { tick: () => undefined, end: () => undefined }
  let lastMs = performance.now() + quietMs - everyMs
  let shown = false
  return {
    tick: count => {
      const nowMs = performance.now()
      if (nowMs - lastMs < everyMs) return
      lastMs = nowMs
      shown = true
      stream.write(`\r\u001b[K${linePrefix}${words(count)}...`)
    },
    end: () => {
      if (shown) stream.write('\r\u001b[K')
      shown = false
    },
  }
}
