// One config file held against the schema, and the key paths that the schema has.

import * as v from 'valibot'
import { isObject } from '../system/json.js'
import { nearestKey } from '../text/nearest.js'
import { expectedGot, keyPath, type Path, type Problem } from './problem.js'
import { type ConfigFile, configFileSchema } from './schema.js'
import type { YamlFile } from './yaml.js'

const maxUnknownKeys = 20

/** What the file sets, and everything that is wrong with it, in the order of its lines. */
export function checkConfigFile(file: YamlFile): { data: ConfigFile; problems: Problem[] } {
  const problems = [...file.problems]
  if (!file.data) return { data: {}, problems }
  const data = withoutLists(file.data, [], path =>
    problems.push(file.problem(path, 'expected a map of keys, got a list')),
  )
  // The schema names one unknown key of a map at a time: take each out and look again.
  let result = v.safeParse(configFileSchema, data)
  for (let round = 0; round < maxUnknownKeys; round++) {
    const unknown = result.issues?.filter(isUnknownKey) ?? []
    if (unknown.length === 0) break
    for (const issue of unknown) {
      problems.push(unknownKey(file, pathOf(issue)))
      removeKey(issue)
    }
    result = v.safeParse(configFileSchema, data)
  }
  problems.push(...issuesOf(result, file, []))
  problems.sort(byPlace)
  return { data: result.success ? result.output : {}, problems }
}

/** What the schema found, at the places of `file`; `under` is where the checked value stands. */
export function issuesOf(
  result: { issues?: readonly v.BaseIssue<unknown>[] | undefined },
  file: YamlFile,
  under: Path,
): Problem[] {
  return (result.issues ?? []).map(issue => {
    const path = [...under, ...pathOf(issue)]
    return file.problem(path, expectedGot(issue.message, issue.input, keyPath(path)))
  })
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

function unknownKey(file: YamlFile, path: Path): Problem {
  const near = nearestKey(keyPath(path), knownKeys())
  return file.problem(path, `unknown key${near ? `; did you mean ${near}?` : ''}`, 'key')
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never'
}

function pathOf(issue: v.BaseIssue<unknown>): (string | number)[] {
  return (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))
}

function removeKey(issue: v.BaseIssue<unknown>): void {
  const last = issue.path?.at(-1)
  if (last && isObject(last.input)) delete last.input[String(last.key)]
}

/** Takes out lists where a map belongs: the schema library takes a list for an object. */
function withoutLists(value: unknown, path: Path, found: (path: Path) => void): unknown {
  if (Array.isArray(value)) {
    if (!isMapKey(path)) return value.map((item, at) => withoutLists(item, [...path, at], found))
    found(path)
    return undefined
  }
  if (!isObject(value)) return value
  const kept = Object.entries(value).map(([key, inner]) => [
    key,
    withoutLists(inner, [...path, key], found),
  ])
  return Object.fromEntries(kept.filter(([, inner]) => inner !== undefined))
}

function isMapKey(path: Path): boolean {
  const key = keyPath(path).replace(/\[\d+\]/g, '[]')
  return knownKeys().some(known => known.startsWith(`${key}.`))
}

/** Dotted paths, `[]` for the items of a list: what "did you mean" may offer. */
export function knownKeys(): string[] {
  return keysOf(configFileSchema, '')
}

function keysOf(schema: unknown, prefix: string): string[] {
  const { wrapped, entries, item } = schema as Record<string, unknown>
  if (wrapped) return keysOf(wrapped, prefix)
  if (item) return keysOf(item, `${prefix}[]`)
  return Object.entries(entries ?? {}).flatMap(([key, inner]) => {
    const here = prefix ? `${prefix}.${key}` : key
    return [here, ...keysOf(inner, here)]
  })
}
