// Our hooks in the client's settings: put in and taken out so that every other byte stays as it is.

import { isObject } from '../host/json.js'
import { isOurHook } from './hook-entries.js'
import { inserted, isEmpty, removed, valueAt } from './json-text.js'
import { Unfit } from './unfit.js'
import type { HookCommand } from './wanted.js'

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
export function isEmptySettings(text: string): boolean {
  return isEmpty(valueAt(text, []))
}

interface Place {
  event: string
  group: number
  at: number
  /** Nothing of anybody else in the group. */
  alone: boolean
  hook: unknown
}

function ourPlaces(text: string, hooks: Hooks = {}): Place[] {
  const all = valueAt(text, ['hooks'])
  if (all === undefined) return []
  if (!isObject(all)) throw new Unfit('has hooks that are no JSON object')
  const places: Place[] = []
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
