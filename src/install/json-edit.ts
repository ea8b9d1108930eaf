// JSON with comments as text: members put in and taken out so that every other byte stays as it is. Pure.

import { findNodeAtLocation, type JSONPath, type Node, parseTree } from 'jsonc-parser'
import { isObject, isTooDeep } from '../system/json.js'

/** What stands at `path`; undefined where nothing does. Throws `UneditableFile` for what is no JSON object. */
export function valueAt(text: string, path: JSONPath): unknown {
  const node = findNodeAtLocation(rootOf(text), path)
  return node === undefined ? undefined : plain(node)
}

export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

/** Puts `value` last into the list at `path`, or, with a `key`, into the object there. */
export function inserted(text: string, path: JSONPath, key: string | null, value: unknown): string {
  const body = withoutMark(text)
  const parent = findNodeAtLocation(rootOf(body), path)
  if (parent?.type !== (key === null ? 'array' : 'object'))
    throw new UneditableFile(`has another kind of value at ${path.join('.')} than the client wants`)
  const { unit, eol } = formOf(body)
  const outer = indentAt(body, parent.offset)
  const last = parent.children?.at(-1)
  const inner = last === undefined ? `${outer}${unit}` : ownLineIndent(body, last.offset)
  const json = inner === null ? JSON.stringify(value) : indented(value, unit, `${eol}${inner}`)
  const member = key === null ? json : `${JSON.stringify(key)}: ${json}`
  const lead = inner === null ? ' ' : `${eol}${inner}`
  const [at, what] =
    last === undefined
      ? [
          parent.offset + 1,
          `${lead}${member}${/^\s*?\n/.test(body.slice(parent.offset + 1)) ? '' : `${eol}${outer}`}`,
        ]
      : [last.offset + last.length, `,${lead}${member}`]
  return text.slice(0, text.length - body.length) + body.slice(0, at) + what + body.slice(at)
}

/** Takes out what stands at `path`, with its comma and the line it leaves; comments of others stay. */
export function removed(text: string, path: JSONPath): string {
  const body = withoutMark(text)
  const value = findNodeAtLocation(rootOf(body), path)
  const node = value?.parent?.type === 'property' ? value.parent : value
  const siblings = node?.parent?.children ?? []
  if (node === undefined) return text
  const start = lineBreakBefore(body, node.offset)
  const end = node.offset + node.length
  const comma = /^\s*,/.exec(body.slice(end))?.[0].length ?? 0
  const previous = siblings[siblings.indexOf(node) - 1]
  const before =
    comma > 0 || previous === undefined
      ? body.slice(0, start)
      : withoutComma(body.slice(0, start), previous.offset + previous.length)
  return text.slice(0, text.length - body.length) + before + body.slice(end + comma)
}

/** Where the blanks before `offset` begin, and the line break before those. */
function lineBreakBefore(text: string, offset: number): number {
  let start = offset
  while (text[start - 1] === ' ' || text[start - 1] === '\t') start -= 1
  if (text[start - 1] !== '\n') return start
  return text[start - 2] === '\r' ? start - 2 : start - 1
}

/** Without the first comma from `from` on that is in no comment. */
function withoutComma(text: string, from: number): string {
  const plain = text
    .slice(from)
    .replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, each => ' '.repeat(each.length))
  const at = plain.indexOf(',')
  return at < 0 ? text : text.slice(0, from + at) + text.slice(from + at + 1)
}

function rootOf(text: string): Node {
  if (isTooDeep(text)) throw new UneditableFile('is nested too deeply')
  const errors: unknown[] = []
  const root = parseTree(withoutMark(text), errors as never[], { allowTrailingComma: true })
  if (root === undefined || errors.length > 0) throw new UneditableFile('is not JSON')
  if (root.type !== 'object') throw new UneditableFile('is no JSON object')
  return root
}

function plain(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plain)
  if (node.type !== 'object') return node.value
  const entries = (node.children ?? []).map(({ children }) => {
    const [key, value] = children ?? []
    return [String(key?.value), value === undefined ? undefined : plain(value)]
  })
  return Object.fromEntries(entries)
}

/** A byte order mark, as some editors leave it. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}

/** Indentation and line ends as the file has them. */
function formOf(text: string) {
  return {
    unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ',
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  }
}

function indented(value: unknown, unit: string, newLine: string): string {
  return JSON.stringify(value, null, unit).replaceAll('\n', newLine)
}

function indentAt(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(line, offset))?.[0] ?? ''
}

/** The blanks before what begins at `offset`, if it is the first in its line; else null. */
function ownLineIndent(text: string, offset: number): string | null {
  const line = text.lastIndexOf('\n', offset - 1) + 1
  const before = text.slice(line, offset)
  return /^[ \t]*$/.test(before) ? before : null
}

/** Expected: the message says why, in words to be read after the path. */
export class UneditableFile extends Error {}
