// Our part of a file that belongs to others, of every kind: put in, recognized, taken out. Pure.

import { isMap, parseDocument } from 'yaml'
import { tooMuch } from '../config/yaml.js'
import { isObject } from '../system/json.js'
import type { HookCommand, Part } from './desired-state.js'
import { inserted, isEmpty, removed, UneditableFile, valueAt } from './json-edit.js'
import { isOurHook } from './shipped.js'

const begin = '# >>> claude-auth >>>'
const end = '# <<< claude-auth <<<'

/** Throws `UneditableFile` where the text has the wrong form for such a file. */
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

/** Is nothing left that others wrote? */
export function isNothing(part: Part, text: string): boolean {
  return text.trim() === '' || (part.in === 'settings' && isEmptySettings(text))
}

/** Without our first block, even if it was edited. */
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

type Hooks = Record<string, HookCommand>

/** `text` with each hook of `hooks` in it exactly once; older commands of ours are replaced. */
export function withHooks(text: string, hooks: Hooks): string {
  if (hasHooks(text, hooks)) return text
  let edited = withoutHooks(text, {}, null)
  for (const [event, hook] of Object.entries(hooks)) {
    const group = { hooks: [hook] }
    if (valueAt(edited, ['hooks', event]) !== undefined)
      edited = inserted(edited, ['hooks', event], null, group)
    else if (valueAt(edited, ['hooks']) !== undefined)
      edited = inserted(edited, ['hooks'], event, [group])
    else edited = inserted(edited, [], 'hooks', { [event]: [group] })
  }
  return edited
}

/** Is each hook there, once, and no older one of ours beside it? */
export function hasHooks(text: string, hooks: Hooks): boolean {
  const found = ourPlaces(text)
  return (
    found.length === Object.keys(hooks).length &&
    found.every(({ event, hook }) => JSON.stringify(hooks[event]) === JSON.stringify(hook))
  )
}

/**
 * `text` without the hooks that are ours: those of `hooks`, and any that starts a `claude-auth hook`.
 * What is empty then goes too, unless it was there in `before`.
 */
export function withoutHooks(text: string, hooks: Hooks, before: string | null): string {
  let edited = text
  for (;;) {
    const place = ourPlaces(edited, hooks)[0]
    if (place === undefined) break
    const { event, group, alone } = place
    const groupPath = ['hooks', event, group]
    edited = removed(edited, alone ? groupPath : [...groupPath, 'hooks', place.at])
    for (const path of [['hooks', event], ['hooks']])
      if (
        isEmpty(valueAt(edited, path)) &&
        (before === null || valueAt(before, path) === undefined)
      )
        edited = removed(edited, path)
  }
  return edited
}

/** Nothing but an empty object: a file that was made for our hooks only. */
function isEmptySettings(text: string): boolean {
  return isEmpty(valueAt(text, []))
}

interface HookPlace {
  event: string
  group: number
  at: number
  /** The group holds nothing of others. */
  alone: boolean
  hook: unknown
}

function ourPlaces(text: string, hooks: Hooks = {}): HookPlace[] {
  const all = valueAt(text, ['hooks'])
  if (all === undefined) return []
  if (!isObject(all)) throw new UneditableFile('has hooks that are no JSON object')
  const places: HookPlace[] = []
  for (const [event, groups] of Object.entries(all)) {
    if (!Array.isArray(groups)) continue
    groups.forEach((each: unknown, group) => {
      const list = isObject(each) && Array.isArray(each['hooks']) ? each['hooks'] : []
      list.forEach((hook: unknown, at) => {
        const command = isObject(hook) ? hook['command'] : null
        if (typeof command !== 'string') return
        if (isOurHook(command) || command === hooks[event]?.command)
          places.push({ event, group, at, alone: list.length === 1, hook })
      })
    })
  }
  return places
}

export type Custody = 'sole' | 'shared'

const reason = '# Set by claude-auth install: who holds the refresh token.'
const ours = new RegExp(`${reason}\\ncustody: (?:sole|shared)\\n`)

/** The key as a new or longer file has it. */
export function custodyLines(custody: Custody): string {
  return `${reason}\ncustody: ${custody}\n`
}

/**
 * `text` with our `custody`, unless a person has set it, or has chosen what does not go with `sole`
 * (no store, renewal by the client). Throws `UneditableFile` where it is no YAML map.
 */
export function withCustody(text: string, custody: Custody): string {
  if (text.includes(custodyLines(custody))) return text
  const rest = text.replace(ours, '')
  const document = documentOf(rest)
  if (document.hasIn(['custody'])) return rest
  const isForClient = document.getIn(['renewal', 'via']) === 'client'
  if (custody === 'sole' && (document.getIn(['store']) === 'none' || isForClient)) return rest
  if (isInBraces(document)) return inserted(rest, [], 'custody', custody)
  return `${rest}${rest === '' || rest.endsWith('\n') ? '' : '\n'}${custodyLines(custody)}`
}

/** `text` without the key that `withCustody` set; one that a person wrote, as in `before`, stays. */
function withoutCustody(text: string, before: string | null): string {
  if (ours.test(text)) return text.replace(ours, '')
  const document = documentOf(text)
  const isOfPerson = before === null || documentOf(before).hasIn(['custody'])
  return isOfPerson || !isInBraces(document) ? text : removed(text, ['custody'])
}

/** The whole file is one map in braces: then it has to be JSON to be edited, as such files are. */
function isInBraces({ contents }: ReturnType<typeof documentOf>): boolean {
  return isMap(contents) && contents.flow === true
}

function documentOf(text: string) {
  const excess = tooMuch(text)
  if (excess !== null) throw new UneditableFile(`is too much to parse: ${excess}`)
  // The library compares each key with all before it; whether one is repeated is checked when the file is read.
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  })
  if (document.errors.length > 0) throw new UneditableFile('is not YAML')
  if (document.contents !== null && !isMap(document.contents))
    throw new UneditableFile('is not a map of keys')
  return document
}
