// Our part of somebody's file, of whatever kind: put in, recognised, taken out. Pure.

import { withCustody, withoutCustody } from './config-edit.js'
import { hasHooks, isEmptySettings, withHooks, withoutHooks } from './settings-edit.js'
import type { Part } from './wanted.js'

const begin = '# >>> claude-auth >>>'
const end = '# <<< claude-auth <<<'

/** Throws `Unfit` where the text is not what such a file has to be. */
export function withPart(part: Part, text: string): string {
  switch (part.in) {
    case 'settings':
      return text.trim() === '' ? withHooks('{}\n', part.hooks) : withHooks(text, part.hooks)
    case 'config':
      return withCustody(text, part.custody)
    case 'lines':
      return hasPart(part, text) ? text : `${ended(withoutPart(part, text, null))}${blockOf(part)}`
  }
}

export function hasPart(part: Part, text: string): boolean {
  switch (part.in) {
    case 'settings':
      return text.trim() !== '' && hasHooks(text, part.hooks)
    case 'config':
      return withCustody(text, part.custody) === text
    case 'lines':
      return text.includes(blockOf(part))
  }
}

/** `before`: the text as it was before our part, where that is known. */
export function withoutPart(part: Part, text: string, before: string | null): string {
  switch (part.in) {
    case 'settings':
      return text.trim() === '' ? text : withoutHooks(text, part.hooks, before)
    case 'config':
      return withoutCustody(text, before)
    case 'lines':
      return withoutBlock(text)
  }
}

/** Is there nothing left that anybody else wrote? */
export function isNothing(part: Part, text: string): boolean {
  return text.trim() === '' || (part.in === 'settings' && isEmptySettings(text))
}

/** Without the first block of ours, whatever is in it. */
function withoutBlock(text: string): string {
  const start = text.startsWith(`${begin}\n`) ? 0 : text.indexOf(`\n${begin}\n`) + 1
  if (start === 0 && !text.startsWith(`${begin}\n`)) return text
  const last = text.indexOf(`\n${end}`, start + begin.length + 1)
  if (last < 0) return text
  const after = last + 1 + end.length
  return text.slice(0, start) + text.slice(text[after] === '\n' ? after + 1 : after)
}

function blockOf({ lines }: { lines: string }): string {
  return `${begin}\n${lines}${end}\n`
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
