// The schema of a config file, and one file held against it.

import * as v from 'valibot'
import { endpointExpected } from '../system/endpoint.js'
import { isObject } from '../system/json.js'
import { percentPattern } from '../text/durations.js'
import { nearestKey } from '../text/nearest.js'
import {
  baseSchema,
  changesSchema,
  fleetSchema,
  isAdminKey,
  offboardSchema,
  rosterFromSchema,
  sectionOf,
} from './admin.js'
import { alertsSchema } from './alerts.js'
import { duration, map, oneOf, path, text } from './forms.js'
import { identitySchema } from './identity.js'
import { expectedGot, keyPath, type Path, type Problem } from './problem.js'
import { profilesSchema } from './profiles.js'
import { vaultSchema } from './vault.js'
import type { YamlFile } from './yaml.js'

const renewal = map(
  {
    via: oneOf(
      ['grant', 'client'],
      'Who asks the token endpoint: claude-auth, or only the official client (custody: shared). Default: grant.',
    ),
    at: text(
      percentPattern,
      'a percentage such as 50%',
      'The part of a token’s life after which it is renewed. Default: 50%.',
    ),
    verifyEvery: duration(
      '1h',
      'How often the server is asked whose login it is, at least 1m. Default: 1h.',
    ),
    launchWait: duration('10s', 'How long a launch waits for a renewal, 1s to 2m. Default: 10s.'),
  },
  'When and by whom a login is renewed.',
)

const endpoint = (meaning: string) =>
  v.optional(v.pipe(v.string(endpointExpected), v.description(meaning)))

/** One config file, as written. Null stands for "not set" and is dropped before. */
export const configFileSchema = v.pipe(
  v.strictObject(
    {
      version: v.optional(
        v.pipe(
          v.literal(1, '1, the only version there is'),
          v.description('The version of this format.'),
        ),
      ),
      mode: oneOf(
        ['on', 'observe', 'off'],
        'on; observe: decide and report, never act; off: do nothing at all. Default: on.',
      ),
      client: path('The real client, where it is not found by itself.'),
      identity: identitySchema,
      roster: path('A YAML file that lists the users of this site.'),
      credential: oneOf(
        ['login', 'long-lived'],
        'A login that is renewed, or a token of about a year. Default: login.',
      ),
      store: oneOf(['local', 'vault', 'none'], 'Where logins are backed up. Default: local.'),
      vault: vaultSchema,
      local: map(
        { keyFile: path('The sealed store’s key elsewhere, such as a systemd credential.') },
        'The sealed local store.',
      ),
      custody: oneOf(
        ['shared', 'sole'],
        'Who holds the refresh token: the login file too, or claude-auth alone. Default: shared.',
      ),
      renewal,
      alerts: alertsSchema,
      onSignInRequired: oneOf(
        ['continue', 'fail', 'prompt'],
        'What a launch does when only a person can help. Default: prompt at a terminal without -p, else continue.',
      ),
      endpoints: map(
        {
          oauth: endpoint('The token endpoint’s server. Default: https://platform.claude.com.'),
          api: endpoint('The API’s server. Default: https://api.anthropic.com.'),
        },
        'The servers to talk to.',
      ),
      profiles: profilesSchema,
      fleet: fleetSchema,
      rosterFrom: rosterFromSchema,
      offboard: offboardSchema,
      changes: changesSchema,
      base: baseSchema,
    },
    'a map of keys',
  ),
  v.title('Configuration of claude-auth'),
  v.description('/etc/claude-auth/config.yaml or ~/.config/claude-auth/config.yaml'),
)

export type ConfigFile = v.InferOutput<typeof configFileSchema>

const maxUnknownKeys = 20

/**
 * What the file sets, and everything that is wrong with it, in the order of its lines. A section of an admin's commands that is
 * wrong costs nothing else: it is left out of `data`, and nothing is published for the fleet.
 */
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
  const wrong = new Set(problems.flatMap(({ key }) => (isAdminKey(key) ? sectionOf(key) : [])))
  if (wrong.size > 0) {
    const left = Object.entries(data as object).filter(([section]) => !wrong.has(section))
    const unpublished = wrong.has('fleet') ? { fleet: { publish: false } } : {}
    result = v.safeParse(configFileSchema, { ...Object.fromEntries(left), ...unpublished })
  }
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
