// Questions at the terminal: yes or no with a deadline, and a secret without echo.

import { createInterface } from 'node:readline/promises'
import type { ReadStream } from 'node:tty'
import { minuteMs } from './time.js'

/** Long enough to read what is asked about; without a person the command must end by itself. */
const limitMs = 10 * minuteMs

/** The terminal, and the time to answer. */
export interface AskAt {
  input: NodeJS.ReadableStream
  output: NodeJS.WritableStream
  withinMs?: number
}

/**
 * Asks on stderr; true for Enter, `y` and `yes`. False for anything else, for Ctrl-C and Ctrl-D, and where
 * there is no answer within ten minutes.
 */
export async function askYes(
  question: string,
  { input, output, withinMs = limitMs }: AskAt = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const answer = await askLine(question, { input, output, withinMs })
  return answer !== null && /^(?:y(?:es)?)?$/i.test(answer)
}

/** Asks for a line on stderr, shown as it is typed; null for Ctrl-C, Ctrl-D, and where nobody answers within ten minutes. */
export async function askLine(
  question: string,
  { input, output, withinMs = limitMs }: AskAt = { input: process.stdin, output: process.stderr },
): Promise<string | null> {
  const terminal = createInterface({ input, output })
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), withinMs)
  terminal.on('close', () => ended.abort())
  try {
    return (await terminal.question(question, { signal: ended.signal })).trim()
  } catch {
    output.write('\n')
    return null
  } finally {
    clearTimeout(timer)
    terminal.close()
  }
}

export type SecretInput =
  | { kind: 'text'; text: string }
  /** Ctrl-C, or the end of the input before anything was said. */
  | { kind: 'nothing'; interrupted: boolean }

/** Longer than any secret that is pasted. */
const longest = 64 * 1024
/** What comes so shortly after a line end belongs to the same paste. */
const pasteGapMs = 100
const esc = '\x1b'
// Between these a terminal puts what is pasted (xterm's bracketed paste), line ends included.
const pasteBegin = `${esc}[200~`
const pasteEnd = `${esc}[201~`
const pasteMark = new RegExp(`(${esc}\\[20[01]~)`)
const escapeSequence = new RegExp(`${esc}\\[[0-9;?]*[A-Za-z~]|${esc}[^[]`, 'g')
const unfinished = new RegExp(`${esc}(?:\\[[0-9;?]*)?$`)

/**
 * One line from `input`, without any white space in it (a token that a terminal showed in two lines is
 * pasted in two). `show` writes to the terminal: the question, never the answer.
 */
export async function askSecret(
  question: string,
  input: NodeJS.ReadStream,
  show: (text: string) => void,
): Promise<SecretInput> {
  if (!input.isTTY) return fromPipe(input)
  // First of all: what is pasted the moment the question shows must not be echoed.
  input.setRawMode(true)
  try {
    show(`${esc}[?2004h${question}`)
    return await fromKeys(input)
  } finally {
    input.setRawMode(false)
    show(`${esc}[?2004l\n`)
  }
}

async function fromPipe(input: NodeJS.ReadStream): Promise<SecretInput> {
  let text = ''
  input.setEncoding('utf8')
  for await (const chunk of input) {
    text += chunk
    // A writer that stays open is not waited for.
    if (/\S[^\n]*\n/.test(text) || text.length > longest) break
  }
  return said(text.trim().split('\n')[0] ?? '')
}

function fromKeys(input: ReadStream): Promise<SecretInput> {
  let text = ''
  let rest = ''
  let isPasting = false
  let timer: NodeJS.Timeout | undefined
  input.setEncoding('utf8')
  return new Promise(resolve => {
    const end = (answer: SecretInput) => {
      clearTimeout(timer)
      input.off('data', hear)
      input.off('end', gone)
      input.pause()
      resolve(answer)
    }
    const gone = () => end({ kind: 'nothing', interrupted: true })
    const hear = (chunk: Buffer | string) => {
      clearTimeout(timer)
      const keys = rest + chunk.toString()
      rest = unfinished.exec(keys)?.[0] ?? ''
      for (const part of keys.slice(0, keys.length - rest.length).split(pasteMark)) {
        if (part === pasteBegin || part === pasteEnd) {
          isPasting = part === pasteBegin
          continue
        }
        const typed = part.replace(escapeSequence, '')
        if (typed.includes('\x03') || (typed.endsWith('\x04') && text === '')) return gone()
        text = edited(text, typed)
        if (text.length > longest) return end(said(text))
        if (!isPasting && /[\r\n]\s*$/.test(typed))
          timer = setTimeout(() => end(said(text)), pasteGapMs)
      }
    }
    input.on('data', hear)
    input.on('end', gone)
    input.resume()
  })
}

function edited(before: string, keys: string): string {
  let text = before
  for (const key of keys) {
    if (key === '\x7f' || key === '\b') text = text.slice(0, -1)
    else if (key === '\x15') text = ''
    else if (key > ' ') text += key
  }
  return text
}

function said(line: string): SecretInput {
  const text = line.replace(/\s/g, '')
  return text === '' ? { kind: 'nothing', interrupted: false } : { kind: 'text', text }
}
