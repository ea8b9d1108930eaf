// The text of a login file: finding one top-level member in it and replacing its value byte for byte.

import { type Node, parse, parseTree } from 'jsonc-parser'
import { isObject, isTooDeep } from '../system/json.js'

/** Offsets in bytes. `value` is null where the member is absent; `object` spans the braces. */
export interface MemberSpan {
  object: { start: number; end: number; empty: boolean }
  value: { start: number; end: number } | null
  /** The whole member with its key, and the end of the member before it. */
  member: {
    start: number
    end: number
    previousEnd: number | null
    nextStart: number | null
  } | null
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Do the bytes begin with UTF-8's byte order mark? Clients 2.1.197 to 2.1.332 take such a login file for none. */
export function hasMark(bytes: Buffer): boolean {
  return bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark)
}

/** The bytes without byte order marks in front (each program that adds one may have); all others stay. */
export function unmarked(bytes: Buffer): Buffer {
  let rest = bytes
  while (hasMark(rest)) rest = rest.subarray(byteOrderMark.length)
  return rest
}

/** Comments are allowed, as other tools leave them; anything else that is no JSON object gives null. */
export function parseObject(bytes: Buffer): Record<string, unknown> | null {
  const strict = parseStrict(bytes)
  if (strict !== undefined) return isObject(strict) ? strict : null
  const tree = treeOf(bytes)
  if (tree === null) return null
  const entries = tree.children?.map(member => {
    const [key, value] = member.children ?? []
    const text = value && bytes.subarray(value.offset, value.offset + value.length).toString()
    return [String(key?.value), text === undefined ? null : parse(text)] as const
  })
  return Object.fromEntries(entries ?? [])
}

/** Only with comments (or trailing commas) allowed is it JSON: the client then says "Not logged in" (2.1.330). */
export function onlyTolerantJson(bytes: Buffer): boolean {
  return parseStrict(bytes) === undefined && treeOf(bytes) !== null
}

/** Where the last top-level member called `key` is: the last one is the one that counts (ECMA-404 parsers agree). */
export function memberSpan(bytes: Buffer, key: string): MemberSpan {
  const tree = treeOf(bytes)
  if (tree === null) throw new RangeError('no JSON object')
  const members = tree.children ?? []
  const index = members.findLastIndex(member => member.children?.[0]?.value === key)
  const member = members[index]
  const value = member?.children?.[1]
  return {
    object: { start: tree.offset, end: tree.offset + tree.length, empty: members.length === 0 },
    value: value ? { start: value.offset, end: endOf(value) } : null,
    member: member
      ? {
          start: member.offset,
          end: endOf(member),
          previousEnd: index > 0 ? endOf(members[index - 1] as Node) : null,
          nextStart: members[index + 1]?.offset ?? null,
        }
      : null,
  }
}

/** The bytes with the member's value replaced, added as the first member, or (`value` null) removed. */
export function spliceMember(bytes: Buffer, span: MemberSpan, key: string, value: object | null) {
  if (value === null) return span.member ? removed(bytes, span.member) : bytes
  if (span.value) {
    const old = bytes.subarray(span.value.start, span.value.end).toString()
    const text = old.includes('\n') ? indented(bytes, span, value) : JSON.stringify(value)
    return splice(bytes, span.value.start, span.value.end, text)
  }
  const first = span.object.start + 1
  const text = `${JSON.stringify(key)}:${JSON.stringify(value)}${span.object.empty ? '' : ','}`
  return splice(bytes, first, first, text)
}

function removed(bytes: Buffer, member: NonNullable<MemberSpan['member']>): Buffer {
  if (member.nextStart !== null) return splice(bytes, member.start, member.nextStart, '')
  if (member.previousEnd !== null) return splice(bytes, member.previousEnd, member.end, '')
  return splice(bytes, member.start, member.end, '')
}

/** Multi-line values stay multi-line, at the indentation of the line they begin on. */
function indented(bytes: Buffer, span: MemberSpan, value: object): string {
  const before = bytes.subarray(0, span.member?.start ?? 0).toString('latin1')
  const lead = /(?:^|\n)([ \t]*)$/.exec(before)?.[1] ?? ''
  const step = lead === '' ? '  ' : lead
  return JSON.stringify(value, null, step).replaceAll('\n', `\n${lead}`)
}

function splice(bytes: Buffer, start: number, end: number, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)])
}

/** Can a member be replaced? */
export function isEditable(bytes: Buffer): boolean {
  return treeOf(bytes) !== null
}

/** Read as Latin-1, so that an offset in the text is an offset in the bytes, valid UTF-8 or not. */
function treeOf(bytes: Buffer): Node | null {
  if (isTooDeep(bytes)) return null
  const errors: unknown[] = []
  const tree = parseTree(bytes.toString('latin1'), errors as never[], { allowTrailingComma: true })
  return errors.length === 0 && tree?.type === 'object' ? tree : null
}

function endOf(node: Node): number {
  return node.offset + node.length
}

function parseStrict(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
