// What the client's own settings files say that matters for a login: `env`, `apiKeyHelper`, hooks.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, type JsonObject, jsonObject, tolerantJson } from '../system/json.js'
import { readBounded } from '../system/open-file.js'
import type { Env } from '../system/paths.js'
import { systemCode } from '../system/trouble.js'
import { distrustedWay } from '../system/trusted-path.js'
import { misfitIn, type SkippedEntry, skippedEntries } from './settings-faults.js'

const maxBytes = 1024 * 1024

/** From the weakest to the strongest. */
export type SettingsScope = 'user' | 'project' | 'local' | 'managed'

/** One settings file; a variable may be empty, which hides a weaker one. */
export interface SettingsSource {
  scope: SettingsScope
  file: string
  env: Readonly<Record<string, string>>
  apiKeyHelper: string | null
  /** The commands of each hook event, with any matcher. */
  hooks: Readonly<Record<string, readonly string[]>>
  disableAllHooks: boolean
  /** In managed settings only: no other hooks run. */
  allowManagedHooksOnly: boolean
}

export interface ClientSettings {
  /** Every file that could be read, the strongest first. */
  sources: SettingsSource[]
  /** The strongest value of each variable, and the file it is from. */
  env: Readonly<Record<string, { value: string; file: string; scope: SettingsScope }>>
  apiKeyHelper: { file: string } | null
  /** Files that were skipped, and why. `clientReads`: only we skip it, since others could have written it. */
  notes: { file: string; why: string; clientReads?: true }[]
  /** Entries that the client skips. */
  skipped: ({ file: string; line: number } & Pick<SkippedEntry, 'why' | 'older'>)[]
}

/** For a home in which nothing is read. */
export const noSettings: ClientSettings = {
  sources: [],
  env: {},
  apiKeyHelper: null,
  notes: [],
  skipped: [],
}

/**
 * Reads the settings as the client orders them: managed (its drop-ins by name, the last one
 * strongest, then `managed-settings.json`), project-local, project, user. `folder` is the client's
 * configuration folder (`CLAUDE_CONFIG_DIR`, else `~/.claude`), `cwd` the project's. A bad file is
 * left out with a note; never throws.
 */
export async function readClientSettings(where: {
  folder: string
  cwd: string
  managedFolder?: string
}): Promise<ClientSettings> {
  const notes: ClientSettings['notes'] = []
  const skipped: ClientSettings['skipped'] = []
  const sources: SettingsSource[] = []
  const uid = process.geteuid?.() ?? -1
  for (const { scope, file } of settingsFiles(where, notes)) {
    // A project's settings count only for which credential signs; they never configure claude-auth.
    const distrusted = scope === 'user' || scope === 'managed' ? distrustedWay(file, uid) : null
    if (distrusted !== null) {
      notes.push({ file, why: `is not read: ${distrusted.message}`, clientReads: true })
      continue
    }
    const found = await readSettings({ scope, file }, notes)
    if (found === null) continue
    sources.push(sourceOf(scope, file, found.settings))
    skipped.push(...(await skippedIn({ scope, file }, found)))
  }
  const env: Record<string, { value: string; file: string; scope: SettingsScope }> = {}
  for (const { scope, file, env: own } of [...sources].reverse())
    for (const [name, value] of Object.entries(own)) env[name] = { value, file, scope }
  const helper = sources.find(source => source.apiKeyHelper !== null)
  return { sources, env, apiKeyHelper: helper ? { file: helper.file } : null, notes, skipped }
}

/** The client's configuration folder, where `settings.json` is (not always the login folder). */
export function settingsFolder(env: Env, home: string): string {
  return env['CLAUDE_CONFIG_DIR']
    ? env['CLAUDE_CONFIG_DIR'].normalize('NFC')
    : join(home, '.claude')
}

function settingsFiles(
  where: { folder: string; cwd: string; managedFolder?: string },
  notes: ClientSettings['notes'],
): { scope: SettingsScope; file: string }[] {
  const managed = where.managedFolder ?? '/etc/claude-code'
  const dropIns = join(managed, 'managed-settings.d')
  const project = join(where.cwd, '.claude')
  return [
    ...dropInNames(dropIns, notes).map(name => ({
      scope: 'managed' as const,
      file: join(dropIns, name),
    })),
    { scope: 'managed', file: join(managed, 'managed-settings.json') },
    { scope: 'local', file: join(project, 'settings.local.json') },
    // In the home itself, the project's file is the user's.
    ...(project === where.folder
      ? []
      : [{ scope: 'project' as const, file: join(project, 'settings.json') }]),
    { scope: 'user', file: join(where.folder, 'settings.json') },
  ]
}

function dropInNames(folder: string, notes: ClientSettings['notes']): string[] {
  try {
    const names = readdirSync(folder).filter(
      name => name.endsWith('.json') && !name.startsWith('.'),
    )
    return names.sort().reverse()
  } catch (error) {
    const isOdd = isNoFolder(folder)
    if (!isAbsence(error) || isOdd)
      notes.push({
        file: folder,
        why: isOdd ? 'is no folder' : `cannot be read (${systemCode(error)})`,
      })
    return []
  }
}

/** Is something other than a folder there? A dangling link counts as missing. */
function isNoFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false
  } catch {
    return false
  }
}

async function readSettings(
  { scope, file }: Pick<SettingsSource, 'scope' | 'file'>,
  notes: ClientSettings['notes'],
): Promise<{ text: string; settings: JsonObject } | null> {
  const leaveOut = (why: string) => {
    notes.push({ file, why })
    return null
  }
  const read = readBounded(file, { maxBytes })
  if (read.kind === 'missing') return null
  if (read.kind === 'unfit') return leaveOut(read.why)
  const text = clientText(read.bytes)
  const settings = await tolerantJson(text)
  if (!isObject(settings)) return leaveOut('is not a JSON object')
  const looseAt = await looseJsonAt(text)
  if (looseAt !== null)
    return leaveOut(`has a comment or a trailing comma in line ${lineAt(text, looseAt)}`)
  const misfit = scope === 'managed' ? null : misfitIn(settings)
  if (misfit === null) return { text, settings }
  const lineOf = await linesIn(text)
  return leaveOut(`has ${misfit.what} in line ${lineOf(misfit.path)}`)
}

/** The text as the client decodes it: UTF-16LE behind its mark, else UTF-8 (2.1.197 and 2.1.332). */
function clientText(bytes: Buffer): string {
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8')
}

/** Finds the line of what a path leads to in a text of JSON. */
async function linesIn(text: string): Promise<(path: readonly (string | number)[]) => number> {
  const { findNodeAtLocation, parseTree } = await import('jsonc-parser')
  const body = text.replace(/^\uFEFF/, '')
  const tree = parseTree(body)
  return path => lineAt(body, (tree && findNodeAtLocation(tree, [...path]))?.offset ?? 0)
}

/**
 * Where a text that only a tolerant reader takes for JSON has its first comment or trailing comma; null for JSON. The
 * client ignores such a file, `env` included (2.1.197 and 2.1.332).
 */
async function looseJsonAt(text: string): Promise<number | null> {
  const body = text.replace(/^\uFEFF/, '')
  if (body.trim() === '' || jsonObject(body) !== null) return null
  const { visit } = await import('jsonc-parser')
  let first = body.length
  const add = (offset: number) => {
    first = Math.min(first, offset)
  }
  visit(body, { onComment: add, onError: (_, offset) => add(offset) })
  return first
}

async function skippedIn(
  { scope, file }: Pick<SettingsSource, 'scope' | 'file'>,
  { text, settings }: { text: string; settings: JsonObject },
): Promise<ClientSettings['skipped']> {
  const entries = skippedEntries(settings, scope === 'managed')
  if (entries.length === 0) return []
  const lineOf = await linesIn(text)
  return entries.map(({ path, ...entry }) => ({ file, line: lineOf(path), ...entry }))
}

function sourceOf(scope: SettingsScope, file: string, settings: JsonObject): SettingsSource {
  const entries = isObject(settings['env']) ? Object.entries(settings['env']) : []
  const plain = entries.filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  )
  const helper = settings['apiKeyHelper']
  return {
    scope,
    file,
    env: Object.fromEntries(plain.map(([name, value]) => [name, String(value)])),
    apiKeyHelper: typeof helper === 'string' && helper.trim() !== '' ? helper : null,
    hooks: hooksOf(settings['hooks']),
    disableAllHooks: settings['disableAllHooks'] === true,
    allowManagedHooksOnly: settings['allowManagedHooksOnly'] === true,
  }
}

/** `{EVENT: [{matcher, hooks: [{type: "command", command}]}]}` (client 2.1.330). */
function hooksOf(value: unknown): Record<string, string[]> {
  const events = isObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    events.map(([event, groups]) => {
      const hooks = listOf(groups).flatMap(group => listOf(isObject(group) ? group['hooks'] : null))
      const commands = hooks.map(hook => (isObject(hook) ? hook['command'] : null))
      return [event, commands.filter(command => typeof command === 'string')]
    }),
  )
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')
}

/** The line, counted from 1, of the character at `offset` in `text`. */
function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
