// One YAML file as plain data, every problem with its line, and where each key stands.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import { readBounded } from '../system/open-file.js'
import { rightsHint } from '../system/owner.js'
import { AuthError, quoted } from '../system/trouble.js'
import { keyPath, type Path, type Problem } from './problem.js'
import { configLimits, mebibyte, type YamlLimits } from './source.js'

export { rosterLimits } from './source.js'

/** Each costs a search for its place. */
const maxProblems = 20

export interface YamlFile {
  path: string
  /** Null when the text is no YAML map; then `problems` says why. Null values are left out. */
  data: Record<string, unknown> | null
  problems: Problem[]
  /** A problem at the value (or, `at: 'key'`, at the key) of `path`, or as near as the file gets. */
  problem(path: Path, what: string, at?: 'key' | 'value'): Problem
  /** Whether the key stands in the file, even with nothing after it. */
  has(path: Path): boolean
  /** The keys of the map at `path` in the file's order, those with nothing after them too; none where it is no map. */
  keys(path: Path): string[]
}

/** A file that does not exist. */
export function emptyFile(path: string): YamlFile {
  const problem = (key: Path, what: string) => ({
    file: path,
    line: null,
    column: null,
    key: keyPath(key),
    what,
  })
  return { path, data: {}, problems: [], problem, has: () => false, keys: () => [] }
}

/**
 * Reads no text whose keys and marks would take long to parse. `shownAs`: what its problems call the file.
 * @throws AuthError `config-unreadable` when the file cannot be read; bad text is in `problems`.
 */
export function readYamlFile(
  path: string,
  limits: YamlLimits = configLimits,
  shownAs: string = path,
): YamlFile {
  const text = readText(path, limits)
  if (text === null) {
    const file = emptyFile(shownAs)
    return { ...file, data: null, problems: [file.problem([], 'expected YAML, got binary data')] }
  }
  return parseYaml(shownAs, text, limits)
}

/** The same of a text that is already at hand; `path` is what its problems call the file. */
export function parseYaml(path: string, text: string, limits: YamlLimits = configLimits): YamlFile {
  const excess = tooMuch(text, limits)
  if (excess !== null) {
    const file = emptyFile(path)
    return { ...file, data: null, problems: [file.problem([], excess)] }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // The library compares each key with all before it: repeatedKey takes no such time.
    uniqueKeys: false,
    // Written by many who share keys by an anchor (`<<: *defaults`); it would pass for an unknown key.
    merge: true,
    version: '1.2',
  })
  const targets = resolveAliases(document)
  const at = (offset: number | undefined, key: Path, what: string): Problem => {
    const place = offset === undefined ? null : lines.linePos(offset)
    return {
      file: path,
      line: place?.line ?? null,
      column: place?.col ?? null,
      key: keyPath(key),
      what,
    }
  }
  const find = finderIn(document)
  const has: YamlFile['has'] = key => find(key) !== null
  const keys: YamlFile['keys'] = key => {
    const node = key.length === 0 ? document.contents : find(key)?.value
    return isMap(node) ? node.items.map(item => String(item.key)) : []
  }
  const problem: YamlFile['problem'] = (key, what, where = 'value') =>
    at(offsetOf(document, find, key, where), key, what)

  // Errors after the first are mostly its echo.
  const slip = document.errors[0]
  if (slip) {
    const what = yamlSlip(slip.code, text, slip.pos[0])
    return { path, data: null, problems: [at(slip.pos[0], [], what)], problem, has, keys }
  }
  const repeated = repeatedKey(document)
  if (repeated !== null) {
    const what = yamlSlip('DUPLICATE_KEY', text, repeated)
    return { path, data: null, problems: [at(repeated, [], what)], problem, has, keys }
  }
  const excessive = tooMuchOf(document, targets, limits)
  if (excessive !== null)
    return { path, data: null, problems: [problem([], excessive)], problem, has, keys }
  const problems: Problem[] = []
  const data = plainData(document, problems, problem)
  return { path, data, problems, problem, has, keys }
}

function readText(path: string, { maxBytes }: YamlLimits): string | null {
  const read = readBounded(path, { maxBytes })
  if (read.kind !== 'read') {
    const why = read.kind === 'unfit' ? read.why : 'cannot be read (ENOENT)'
    const command = read.kind === 'unfit' ? rightsHint(path, read.code) : null
    throw new AuthError('config-unreadable', `${path}: ${why}`, {
      hint: command ?? `ls -l ${quoted(path)}`,
    })
  }
  const { bytes } = read
  try {
    return bytes.includes(0) ? null : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** What was expected of a text that would take long to parse; null: it would not. */
export function tooMuch(
  text: string,
  { maxBytes, maxMarks, maxLines }: YamlLimits = configLimits,
): string | null {
  if (text.length > maxBytes) return `expected YAML of at most ${maxBytes / mebibyte} MiB`
  const isOver = (mark: RegExp, most: number) => {
    let count = 0
    while (mark.test(text)) if (++count > most) return true
    return false
  }
  if (isOver(/\n/g, maxLines)) return `expected YAML of at most ${maxLines} lines`
  return isOver(/[[\]{},:?&*!"'\\%]|-\s/g, maxMarks)
    ? `expected YAML of at most ${maxMarks} keys, list items and marks`
    : null
}

/** Where the first key stands that its map has already; null: each stands once. */
function repeatedKey(document: Document): number | null {
  let found: number | null = null
  visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>()
      for (const { key } of items) {
        const value = isScalar(key) ? key.value : key
        if (keys.has(value)) {
          found = (key as ParsedNode | null)?.range?.[0] ?? 0
          return visit.BREAK
        }
        keys.add(value)
      }
      return undefined
    },
  })
  return found
}

/** What each alias stands for. The library would look through all of them for each, which 20,000 rows make long. */
function resolveAliases(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source)
        if (target !== undefined) targets.set(node, target)
        node.resolve = () => target as never
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

/** What was expected of a document that is too large where what an alias stands for is counted again; null: it is not. */
function tooMuchOf(
  { contents }: Document,
  targets: ReadonlyMap<Alias, Node>,
  { maxMarks }: YamlLimits,
): string | null {
  const known = new Map<unknown, number>()
  const sizeOf = (node: unknown): number => {
    const size = known.get(node)
    if (size !== undefined) return size
    known.set(node, Number.POSITIVE_INFINITY)
    const parts = isAlias(node)
      ? [targets.get(node)]
      : isMap(node)
        ? node.items.map(({ value }) => value)
        : isSeq(node)
          ? node.items
          : []
    const sum = parts.reduce((sum: number, part) => sum + sizeOf(part), 1)
    known.set(node, sum)
    return sum
  }
  const size = sizeOf(contents)
  if (size === Number.POSITIVE_INFINITY)
    return 'expected no alias (*name) within what it stands for'
  return size > maxMarks
    ? `expected at most ${maxMarks} keys, values and list items, with what anchors stand for`
    : null
}

function plainData(
  document: Document,
  problems: Problem[],
  problem: YamlFile['problem'],
): Record<string, unknown> | null {
  let data: unknown
  try {
    // tooMuchOf has counted what they stand for.
    data = document.toJS({ maxAliasCount: -1 })
  } catch {
    problems.push(problem([], 'expected anchors (&name) for all aliases (*name)'))
    return null
  }
  if (data === null || data === undefined) return {}
  if (typeof data !== 'object' || Array.isArray(data)) {
    problems.push(problem([], 'expected a map of keys'))
    return null
  }
  const clean = withoutNulls(data, [], (path, what) => {
    if (problems.length < maxProblems) problems.push(problem(path, what))
  })
  return clean as Record<string, unknown>
}

/** What stands at a path: its value, and its key where it is one of a map. */
interface FoundNode {
  key: unknown
  value: unknown
}

type Find = (path: Path) => FoundNode | null

const mergeKey = '<<'
/** A map may take in itself. */
const deepestMerge = 8

/** Finds nodes by an index of each map: the library looks at each of its keys, which 20,000 rows make long. */
function finderIn(document: Document): Find {
  const indexes = new Map<unknown, Map<string, FoundNode>>()
  const indexOf = (map: YAMLMap) => {
    let index = indexes.get(map)
    if (index === undefined) {
      index = new Map(map.items.map(pair => [String(pair.key), pair]))
      indexes.set(map, index)
    }
    return index
  }
  const named = (value: unknown): unknown => (isAlias(value) ? value.resolve(document) : value)
  /** The map's own key, else that of a map which it takes in by `<<`. */
  const inMap = (map: YAMLMap, part: string, depth = 0): FoundNode | null => {
    const index = indexOf(map)
    const own = index.get(part)
    if (own !== undefined || part === mergeKey || depth > deepestMerge) return own ?? null
    const merged = named(index.get(mergeKey)?.value)
    for (const each of isSeq(merged) ? merged.items.map(named) : [merged]) {
      const found = isMap(each) ? inMap(each, part, depth + 1) : null
      if (found !== null) return found
    }
    return null
  }
  return path => {
    let found: FoundNode | null = { key: undefined, value: document.contents }
    for (const part of path) {
      const value = named(found.value)
      if (isMap(value)) found = inMap(value, String(part))
      else if (isSeq(value) && Number(part) in value.items)
        found = { key: undefined, value: value.items[Number(part)] }
      else found = null
      if (found === null) return null
    }
    return found
  }
}

function offsetOf(
  document: Document,
  find: Find,
  path: Path,
  where: 'key' | 'value',
): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = find(path.slice(0, length))
    const key = rangeOf(found?.key)
    if (where === 'key' || length < path.length) {
      if (key !== undefined) return key
    }
    const value = rangeOf(found?.value)
    if (value !== undefined) return value
    if (key !== undefined) return key
  }
  return document.contents?.range?.[0]
}

function rangeOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

/**
 * What was expected at `offset`, for an error code of the `yaml` library. Its own sentences are not
 * used: they quote the text, which may be a secret.
 */
function yamlSlip(code: string, text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = text.slice(start, (text.indexOf('\n', offset) + 1 || text.length + 1) - 1)
  if (/:\s*\{(user|host|profile)\}\S/.test(line))
    return 'expected quotes around a text that begins with {, as in "{user}@example.com"'
  const key = /^[\w-]{1,40}/.exec(text.slice(offset))?.[0]
  if (code === 'DUPLICATE_KEY') return `expected each key once${key ? `, got ${key} again` : ''}`
  if (code === 'TAB_AS_INDENT') return 'expected spaces at the beginning of a line, got a tab'
  if (code === 'MULTIPLE_DOCS') return 'expected one YAML document'
  if (code === 'NON_STRING_KEY') return 'expected keys that are plain text'
  if (code === 'BAD_SCALAR_START')
    return `expected quotes around a text that begins with ${text[offset]}`
  if (code === 'BLOCK_AS_IMPLICIT_KEY')
    return 'expected one key in a line, or the next line less indented'
  return 'expected YAML (look at indentation, quotes and brackets here)'
}

const maxDepth = 20

/** Drops what is null (a key whose lines are all commented out); refuses what could forge output. */
function withoutNulls(
  value: unknown,
  path: Path,
  report: (path: Path, what: string) => void,
): unknown {
  if (path.length > maxDepth) {
    report(path.slice(0, 2), 'expected at most 20 levels')
    return undefined
  }
  if (typeof value === 'string') {
    if (hasControlCharacter(value)) report(path, 'expected text without control characters')
    // A block scalar (`>` or `|`) ends with the end of its line, which no value here means.
    return value.endsWith('\n') ? value.trimEnd() : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((item, at) => withoutNulls(item, [...path, at], report))
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, withoutNulls(inner, [...path, key], report)]),
  )
}

/** Tabs and line ends may stand in an argument of a command. */
function hasControlCharacter(text: string): boolean {
  return [...text].some(letter => {
    const code = letter.codePointAt(0) ?? 0
    return (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160)
  })
}
