// The commands that undo and redo an installation, depending on how the program was installed.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { canRun } from '../system/access.js'
import { ownRoot } from '../system/program-places.js'
import { toolPath } from '../system/start-program.js'
import { quoted } from '../system/trouble.js'
import { version } from '../version.js'
import type { Manifest } from './manifest.js'

export type Scope = 'user' | 'system'

/** The kind of package whose script runs install or uninstall; null: a person does. */
export type PackageKind = 'deb' | 'rpm' | null

/** What both commands depend on. */
export interface WayOptions {
  scope: Scope
  /** Another root, such as an image's; empty for this machine. */
  root: string
  packageKind: PackageKind
}

/** The command that reverts an installation just made. */
export function undoInstall({ scope, root, packageKind }: WayOptions): string {
  if (packageKind !== null) return `sudo ${packageTool(packageKind, 'remove')} claude-auth`
  return command('claude-auth', 'uninstall', { scope, root })
}

/**
 * The command that installs again after a removal; `earlier` is the record of what was there. A command that was itself
 * removed is never named.
 */
export function undoUninstall(
  { scope, root, packageKind }: WayOptions,
  { earlier, path }: { earlier: Manifest | null; path: string },
): string {
  if (packageKind !== null)
    return `sudo ${packageTool(packageKind, 'install')} ./${packageFile(packageKind)}`
  if (isOnPath(path)) return command('claude-auth', 'install', { scope, root })
  const origin = originOf(earlier)
  const roots = [origin?.from, ownRoot()].filter(each => each !== undefined)
  const standing = roots.find(each => existsSync(join(each, 'dist/claude-auth.cjs')))
  if (standing !== undefined) return commandIn(standing, 'install', { scope, root })
  return origin?.node === join(origin?.from ?? '', 'node')
    ? `${command('sh install.sh', '', { scope, root })}   (of ${unpacked()})`
    : `npm install -g claude-auth && ${command('claude-auth', 'install', { scope, root })}`
}

/** The command `name` of this very program, as it can be typed: by its path where `path` does not lead to one. */
export function ownCommand(name: 'install' | 'uninstall', scope: Scope, path: string): string {
  const where = { scope, root: '' }
  return isOnPath(path) ? command('claude-auth', name, where) : commandIn(ownRoot(), name, where)
}

function isOnPath(path: string): boolean {
  return path.split(':').some(folder => folder !== '' && canRun(join(folder, 'claude-auth')))
}

/** By the script of what was unpacked, where there is one. */
function commandIn(
  folder: string,
  name: 'install' | 'uninstall',
  where: Pick<WayOptions, 'scope' | 'root'>,
): string {
  const script = join(folder, 'install.sh')
  return name === 'install' && existsSync(script)
    ? command(`sh ${quoted(script)}`, '', where)
    : command(quoted(join(folder, 'bin/claude-auth')), name, where)
}

/** The program of an installation, and what it was copied from. */
function originOf(manifest: Manifest | null): { from: string; node: string } | null {
  const makes = (manifest?.entries ?? []).map(({ make }) => make)
  return makes.findLast(make => make.kind === 'program') ?? null
}

/** Any user may install into another root that they own. */
function command(
  program: string,
  name: 'install' | 'uninstall' | '',
  { scope, root }: Pick<WayOptions, 'scope' | 'root'>,
): string {
  const words = [
    scope === 'system' && root === '' ? 'sudo' : '',
    program,
    name,
    scope === 'system' ? '--system' : '',
    root === '' ? '' : `--root ${quoted(root)}`,
  ]
  return words.filter(word => word !== '').join(' ')
}

const tools = {
  deb: [
    ['apt', { install: 'apt install', remove: 'apt remove' }],
    ['dpkg', { install: 'dpkg -i', remove: 'dpkg -r' }],
  ],
  rpm: [
    ['dnf', { install: 'dnf install', remove: 'dnf remove' }],
    ['zypper', { install: 'zypper install', remove: 'zypper remove' }],
    ['rpm', { install: 'rpm -i', remove: 'rpm -e' }],
  ],
} as const

/** As docs/install.md has it where that is there, else what is there. */
function packageTool(kind: 'deb' | 'rpm', deed: 'install' | 'remove'): string {
  const [usual] = tools[kind]
  const [, words] = tools[kind].find(([tool]) => toolPath(tool) !== null) ?? usual
  return words[deed]
}

/** The names that `npm run package` gives. */
function packageFile(kind: 'deb' | 'rpm'): string {
  const isArm = process.arch === 'arm64'
  return kind === 'deb'
    ? `claude-auth_${version}_${isArm ? 'arm64' : 'amd64'}.deb`
    : `claude-auth-${version}-1.${isArm ? 'aarch64' : 'x86_64'}.rpm`
}

function unpacked(): string {
  return `claude-auth-${version}-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}.tar.gz`
}
