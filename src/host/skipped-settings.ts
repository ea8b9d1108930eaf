// Which entries of a settings file the client skips, and where a file stops being JSON for it. Pure.

import { isObject, type JsonObject } from './json.js'

/** An entry that newer clients skip; `path` leads to it from the top of the file. */
export interface SkippedEntry {
  path: readonly (string | number)[]
  /** To be read after the file and the line. */
  why: string
  /** Whether client 2.1.197 then reads nothing of the file, not even `env`. */
  dropsFile: boolean
}

/**
 * The hook entries that the client skips in settings that are JSON, in their order; each seen with 2.1.197 and
 * 2.1.332 (docs/client-contract.md). What kinds of hooks there are beside commands is the client's to say.
 */
export function skippedEntries(settings: JsonObject): SkippedEntry[] {
  const hooks = settings['hooks']
  if (hooks === undefined) return []
  if (!isObject(hooks))
    return [{ path: ['hooks'], why: 'has hooks that are no object', dropsFile: false }]
  return Object.entries(hooks).flatMap(([event, groups]): SkippedEntry[] => {
    const path = ['hooks', event]
    if (!Array.isArray(groups))
      return [{ path, why: `has hooks of ${event} that are no list`, dropsFile: false }]
    return groups.flatMap((group: unknown, at): SkippedEntry[] => {
      const why = whySkipped(group, event)
      return why === null ? [] : [{ path: [...path, at], why, dropsFile: true }]
    })
  })
}

function whySkipped(group: unknown, event: string): string | null {
  const entry = `has an entry of ${event}`
  if (!isObject(group)) return `${entry} that is no object`
  const hooks = group['hooks']
  if (hooks === undefined)
    return 'command' in group
      ? `${entry} without "hooks": [ ] around its command`
      : `${entry} without hooks`
  if (!Array.isArray(hooks)) return `${entry} whose hooks are no list`
  const isBad = (hook: unknown) =>
    !isObject(hook) || (hook['type'] === 'command' && typeof hook['command'] !== 'string')
  return hooks.some(isBad) ? `${entry} with a hook that has no command` : null
}

/** The line, counted from 1, of the character at `offset` in `text`. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
