// The voice of the guided demo: headings, short paragraphs, what a program printed, and what is checked.

import type { Env } from '../system/paths.js'
import { isUtf8, signsFor, wrapped } from '../text/terminal.js'

/** Where it is printed to: standard output, or anything like it. */
export interface Listener {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface Narrator {
  title(text: string): void
  /** A scene begins. */
  scene(number: number, text: string): void
  /** A paragraph, wrapped. */
  tell(text: string): void
  /** An empty line. */
  gap(): void
  /** A command line as it is typed. */
  command(line: string): void
  /** What a program printed, or another text as it is; too long lines are wrapped. */
  quote(text: string, how?: 'output' | 'warning' | 'message'): void
  /** Says that something holds, or that it does not; the latter is remembered. */
  check(words: string, holds: boolean): void
  /** The words that did not hold. */
  failures: string[]
}

const widest = 88

const indent = '   '

/** Colors only if `listener` is a terminal and NO_COLOR is not set (https://no-color.org). */
export async function narrator(listener: Listener, env: Env): Promise<Narrator> {
  const { default: ink } = await import('kleur')
  ink.enabled =
    listener.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && env['TERM'] !== ''
  const width = Math.min(widest, listener.columns || widest) - indent.length
  const quoteWidth = Math.min(120, listener.columns || 120) - indent.length - 2
  const line = (text: string) => void listener.write(`${text}\n`)
  const failures: string[] = []
  const rule = isUtf8(env) ? '│' : '|'
  const bar = { output: ink.cyan(rule), warning: ink.yellow(rule), message: ink.magenta(rule) }
  const signs = signsFor(env)

  return {
    failures,
    title: text => line(`\n${ink.bold(text)}\n`),
    scene: (number, text) => line(`\n${ink.bold().cyan(`${number}  ${text}`)}\n`),
    tell: text => {
      for (const each of wrapped(text, width)) line(`${indent}${each}`)
    },
    gap: () => line(''),
    command: text => line(`\n${indent}${ink.green('$')} ${ink.bold(text)}`),
    quote: (text, how = 'output') => {
      for (const each of text.replace(/\n$/, '').split('\n')) {
        const parts = each.length <= quoteWidth ? [each] : wrapped(each, quoteWidth - 2)
        for (const [index, part] of parts.entries())
          line(`${indent}${bar[how]} ${index === 0 ? '' : '  '}${part}`)
      }
    },
    check: (words, holds) => {
      if (!holds) failures.push(words)
      const [first = '', ...rest] = wrapped(words, width - 2)
      line(`${indent}${holds ? ink.green(signs.good) : ink.red(`${signs.bad} not so:`)} ${first}`)
      for (const each of rest) line(`${indent}  ${each}`)
    },
  }
}
