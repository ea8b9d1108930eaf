// The machine below: disk, file system, and the Node that wrapper, hooks and timer start.

import { existsSync, lstatSync, realpathSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { canRun } from '../host/access.js'
import { type NetworkSettings, networkSettings } from '../host/network-settings.js'
import { textAt } from '../host/open-file.js'
import { ownPaths } from '../host/paths.js'
import { askProgram } from './ask-program.js'
import type { LoginFacts } from './facts-login.js'
import { programFolder } from './program.js'

export interface DiskFacts {
  path: string
  /** The file system, as the kernel names it (`ext4`, `nfs4`); null where it does not say. */
  fileSystem: string | null
  freeBytes: number
  /** Null where the file system counts none. */
  freeInodes: number | null
}

export interface MachineFacts {
  disks: DiskFacts[]
  /** The Node that install recorded, else the one on PATH. `version`: null where it does not start. */
  node: { path: string; recorded: boolean; version: string | 'unknown' | null } | null
  /** The first file of authorities that is named and can't be used, and what names it. */
  missingCa: { name: string; file: string } | null
}

const answerMs = 10_000
/** Of a machine with many thousands of mounts. */
const mountsMaxBytes = 64 * 1024 * 1024

export async function machineFacts({ place, run, settings }: LoginFacts): Promise<MachineFacts> {
  const { env } = run
  const store = ownPaths(env, place.person.home).localStore
  const folders = [place.paths.folder, store, place.person.home].filter(path => existsSync(path))
  const seen = new Set<string>()
  return {
    disks: folders.flatMap(path => {
      const disk = diskOf(path)
      const key = `${disk?.freeBytes} ${disk?.freeInodes} ${disk?.fileSystem}`
      if (disk === null || seen.has(key)) return []
      seen.add(key)
      return [disk]
    }),
    node: await nodeOf(env['PATH'] ?? ''),
    missingCa: await missingCa(networkSettings(env, settings)),
  }
}

async function missingCa({ authorities }: NetworkSettings): Promise<MachineFacts['missingCa']> {
  const { certificatesIn, readAuthorityFile } = await import('../anthropic/authorities.js')
  const named = { SSL_CERT_FILE: authorities.file, NODE_EXTRA_CA_CERTS: authorities.extraFile }
  for (const [name, file] of Object.entries(named))
    if (file !== null && certificatesIn(readAuthorityFile(file) ?? '').length === 0)
      return { name, file }
  return null
}

function diskOf(path: string): DiskFacts | null {
  try {
    const { bsize, bavail, files, ffree } = statfsSync(path)
    return {
      path,
      fileSystem: fileSystemOf(
        realpathSync(path),
        textAt('/proc/self/mountinfo', { maxBytes: mountsMaxBytes }) ?? '',
      ),
      freeBytes: bsize * bavail,
      freeInodes: files > 0 ? ffree : null,
    }
  } catch {
    return null
  }
}

/** The file system that `path` is on, by the longest mount point above it (proc(5), `mountinfo`). */
export function fileSystemOf(path: string, mountinfo: string): string | null {
  let best = { length: -1, type: null as string | null }
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const point = (before.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`)
    // Of two on one point the later one counts.
    if (point !== '' && isAbove && point.length >= best.length)
      best = { length: point.length, type: after.split(' ')[0] ?? null }
  }
  return best.type
}

async function nodeOf(searchPath: string): Promise<MachineFacts['node']> {
  const record = join(programFolder(), 'node')
  const recorded = lstatSync(record, { throwIfNoEntry: false }) !== undefined
  const path = recorded ? record : onPath(searchPath)
  if (path === null) return null
  const known = { path, recorded }
  if (isThisOne(path)) return { ...known, version: process.versions.node }
  const said = await askProgram(path, ['--version'], { env: {}, timeoutMs: answerMs })
  if (said.kind === 'late') return { ...known, version: 'unknown' }
  const found = said.kind === 'ended' ? /^v(\d+\.\d+\.\d+)/.exec(said.stdout) : null
  return { ...known, version: found?.[1] ?? null }
}

function isThisOne(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(process.execPath)
  } catch {
    return false
  }
}

function onPath(searchPath: string): string | null {
  const paths = searchPath.split(':').filter(folder => folder.startsWith('/'))
  return paths.map(folder => join(folder, 'node')).find(canRun) ?? null
}
