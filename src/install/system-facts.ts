// The facts for the plan of the whole machine: looked up here, decided in system-plan.ts.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { invalidConfig } from '../config/problem.js'
import { checkConfigFile } from '../config/schema.js'
import { readYamlFile } from '../config/yaml.js'
import { isObject, tolerantJson } from '../system/json.js'
import { namesIn, requireBytes } from '../system/open-file.js'
import { ownRoot } from '../system/program-places.js'
import { toolPath } from '../system/start-program.js'
import { AuthError } from '../system/trouble.js'
import { groupMembers } from './inspect.js'
import type { Choices, Manifest } from './manifest.js'
import { chooseProgram } from './program.js'
import { readShipped, type Shipped, type Unit } from './shipped.js'
import { type SystemFacts, sharedGroup, systemConfig, systemProgram } from './system-plan.js'

export interface SystemOptions {
  /** Another root, as for an image; empty for this machine. */
  prefix: string
  version: string
  choices: Choices
  /** A file to begin the configuration with. */
  config: string | null
}

/** Of a configuration, and of settings. */
const maxBytes = 1024 * 1024

const noGroup = `there is neither groupadd nor addgroup here: the group ${sharedGroup} is not made, and a webhook file cannot be shared by it`

const sharedNames = ['skills', 'rules', 'agents', 'commands']

/** Throws `usage` or `config-invalid` for what was asked for and cannot be. */
export async function systemFacts(
  { prefix, version, choices, config }: SystemOptions,
  manifest: Manifest | null,
): Promise<{ facts: SystemFacts; notes: string[] }> {
  const at = (path: string) => join(prefix, path)
  const has = (path: string) => existsSync(at(path))
  const program = chooseProgram(
    { program: at(systemProgram), path: systemProgram, version, forAll: true },
    manifest,
  )
  const base = choices.base === null ? { parts: [], notes: [] } : baseParts(choices.base, prefix)
  const managed = await managedSettings(at('/etc/claude-code'))
  const facts: SystemFacts = {
    ...program,
    shipped: withoutFleet(
      readShipped(ownRoot(), join(systemProgram, 'current')),
      writesFleet([at(systemConfig), config]),
    ),
    choices,
    givenConfig: config === null ? null : givenConfig(config, at(systemConfig)),
    has,
    hasSystemd: ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].some(has),
    baseParts: base.parts,
    processWrapperTaken: managed.processWrapperTaken,
    live: prefix === '',
    hasGroups: prefix === '' && hasGroups(),
  }
  const groupless = facts.live && !facts.hasGroups ? [noGroup] : []
  return { facts, notes: [...base.notes, ...managed.notes, ...groupless] }
}

const fleetUnit = 'claude-auth-fleet.'

/** The timer of the fleet is for the machine whose configuration says what it writes. */
function withoutFleet(shipped: Shipped, isWritten: boolean): Shipped {
  const isDesired = ({ name }: Unit) => isWritten || !name.startsWith(fleetUnit)
  return { ...shipped, systemUnits: shipped.systemUnits.filter(isDesired) }
}

/** Does the first of these configurations that is there name a page or a textfile of the fleet? */
function writesFleet(configs: readonly (string | null)[]): boolean {
  const path = configs.find(each => each !== null && existsSync(each))
  if (path == null) return false
  const fleet = readYamlFile(path).data?.['fleet']
  return isObject(fleet) && ['textfile', 'page'].some(key => fleet[key] !== undefined)
}

function hasGroups(): boolean {
  return ['groupadd', 'addgroup'].some(toolPath) || groupMembers(sharedGroup) !== null
}

function baseParts(base: string, prefix: string): { parts: string[]; notes: string[] } {
  const folder = join(prefix, base)
  if (!base.startsWith('/'))
    throw new AuthError('usage', `--base takes an absolute path, not ${base}`, {
      hint: 'claude-auth install --help',
    })
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false))
    throw new AuthError('usage', `the base folder ${base} is not there; nothing was changed`, {
      hint: `mkdir -p ${base}/${sharedNames[0]}   (or --base none)`,
    })
  const parts = sharedNames.filter(name => existsSync(join(folder, name)))
  const note = `${base} has none of ${sharedNames.join(', ')}; new homes share nothing yet`
  return { parts, notes: parts.length === 0 ? [note] : [] }
}

/** A file that is given has to be right, and must not push another one aside. */
function givenConfig(file: string, place: string): string {
  const { problems } = checkConfigFile(readYamlFile(file))
  if (problems.length > 0) throw invalidConfig(problems)
  const text = textOf(file) ?? ''
  const standing = textOf(place)
  if (standing !== null && !standing.includes(text.trimEnd()))
    throw new AuthError('usage', `${place} is there already, and is another than ${file}`, {
      hint: `diff ${place} ${file}`,
    })
  return text
}

/** The other managed files: is one broken (the client does not start then), does one set the wrapper? */
async function managedSettings(folder: string) {
  const dropIns = join(folder, 'managed-settings.d')
  const files = [
    join(folder, 'managed-settings.json'),
    ...namesIn(dropIns)
      .filter(name => name.endsWith('.json') && name !== 'claude-auth.json')
      .map(name => join(dropIns, name)),
  ]
  const notes: string[] = []
  let processWrapperTaken = false
  for (const file of files) {
    const text = textOf(file)
    if (text === null) continue
    const value = await tolerantJson(text)
    if (!isObject(value))
      notes.push(`${file} is not JSON: the client does not start until it is fixed`)
    else if (value['processWrapper'] !== undefined) {
      processWrapperTaken = true
      notes.push(
        `${file} sets processWrapper; it stays, and background sessions are left to the hooks`,
      )
    }
  }
  return { notes, processWrapperTaken }
}

function textOf(file: string): string | null {
  return requireBytes(file, { maxBytes })?.toString() ?? null
}
