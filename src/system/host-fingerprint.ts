// The fingerprint of a folder on a host: folder, running system, hardware. A copied machine does not share all of it.

import { createHash } from 'node:crypto'
import { readdirSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { mountLines, mountPoint } from './mounts.js'
import { textAt } from './open-file.js'
import type { ProcessFacts } from './processes.js'

/** What tells a running system from another. */
export type RuntimeFacts = Pick<ProcessFacts, 'pidDomain' | 'pidSpace' | 'bootId'>

/** Hashes and numbers only; each is empty where it is unknown. */
export interface HostFingerprint {
  /** Machine id and host name. */
  machine: string
  /** Machine id, host name, boot and pid namespace. */
  system: string
  /** Inode number of the folder. Its device number is left out: it may change with each mount. */
  inode: string
  /** Identifies the folder; a copy of it has another. Empty where inode numbers do not last. */
  folder: string
  /** Addresses of built-in network cards. Empty in containers, and on file systems that several hosts mount. */
  devices: readonly string[]
}

/** The part that costs one stat. Fingerprints with equal keys are equal. */
export type FingerprintKey = Pick<HostFingerprint, 'machine' | 'system' | 'inode'>

/** The key for the folder at `path` on `system`. One stat; never throws. */
export function fingerprintKey(path: string, system: RuntimeFacts): FingerprintKey {
  const { pidDomain, pidSpace, bootId } = system
  const machineId = pidDomain.split(':')[1] ?? ''
  return {
    machine: hashOf(machineId, pidSpace.split('#')[0] ?? ''),
    system: hashOf(pidDomain, pidSpace, bootId),
    inode: inodeOf(path),
  }
}

/** The whole fingerprint for `key`. Never throws. */
export function hostFingerprint(
  path: string,
  key: FingerprintKey,
  system: RuntimeFacts,
): HostFingerprint {
  const kind = fileSystemOf(path)
  const isHosts = kind === 'local' && system.pidDomain.endsWith(firstPidNamespace)
  return {
    ...key,
    folder: key.inode === '' ? '' : folderOf(path, key.inode, kind),
    devices: isHosts ? devicesIn(networkDevices) : [],
  }
}

/** The initial pid namespace (PROC_PID_INIT_INO). Any other one is a container's, where hardware is no evidence. */
const firstPidNamespace = ':pid:[4026531836]'
const networkDevices = '/sys/class/net'

/** File systems of one host whose inode numbers outlive a mount, by the magic numbers of statfs(2). */
const localKinds = [
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0x01021994, // tmpfs
]
/** The same, for file systems that several hosts mount at once. */
const sharedKinds = [
  0x6969, // nfs
  0x00c36400, // ceph
  0x0bd00bd0, // lustre
  0x47504653, // gpfs
  0x01161970, // gfs2
  0x7461636f, // ocfs2
]
const overlayKind = 0x794c7630

type FileSystem = 'local' | 'shared' | 'overlay' | 'other'

function fileSystemOf(path: string): FileSystem {
  try {
    const { type } = statfsSync(path)
    if (localKinds.includes(type)) return 'local'
    if (sharedKinds.includes(type)) return 'shared'
    return type === overlayKind ? 'overlay' : 'other'
  } catch {
    return 'other'
  }
}

/** Containers of one image may share a lower layer and its inode numbers; each has an upper layer of its own. */
function folderOf(path: string, inode: string, kind: FileSystem): string {
  if (kind === 'other') return ''
  if (kind !== 'overlay') return inode
  const layer = upperLayerOf(path)
  return layer === null ? '' : hashOf(layer, inode)
}

/** The upper layer of the overlay mount that holds `path`. */
function upperLayerOf(path: string): string | null {
  const real = quietly(() => realpathSync.native(path), path)
  return upperLayerIn(mountLines(), real)
}

/** The same of the lines of a table, for a path without links. */
export function upperLayerIn(lines: readonly string[], real: string): string | null {
  const holding = lines
    .map(line => ({ at: mountPoint(line), line }))
    .filter(({ at }) => at === '/' || at === real || real.startsWith(`${at}/`))
    .sort((one, other) => one.at.length - other.at.length)
  return / overlay .*[ ,]upperdir=([^,\s]+)/.exec(holding.at(-1)?.line ?? '')?.[1] ?? null
}

/**
 * Hashes of the permanent addresses of network cards below `folder` (`/sys/class/net`). Virtual devices, addresses set by
 * software or administered locally, and cards on USB (docks, dongles) are left out.
 */
export function devicesIn(folder: string): string[] {
  const names = quietly(() => readdirSync(folder), [])
  return names
    .filter(name => isBuiltIn(`${folder}/${name}`))
    .map(name => lineOf(`${folder}/${name}/address`))
    .filter(isPermanent)
    .map(address => hashOf(address))
    .sort()
}

function isBuiltIn(device: string): boolean {
  const hardware = quietly(() => realpathSync.native(`${device}/device`), '')
  return (
    hardware !== '' && !/\/usb\d/.test(hardware) && lineOf(`${device}/addr_assign_type`) === '0'
  )
}

/** A unicast address that the maker assigned (IEEE 802: neither the local nor the group bit). */
function isPermanent(address: string): boolean {
  const isAddress = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(address)
  const isLocal = (Number.parseInt(address.slice(0, 2), 16) & 0b11) !== 0
  return isAddress && !isLocal && address !== '00:00:00:00:00:00'
}

function inodeOf(path: string): string {
  return quietly(() => String(statSync(path, { bigint: true }).ino), '')
}

function lineOf(path: string): string {
  return textAt(path, { maxBytes: 4096 })?.trim() ?? ''
}

function hashOf(...words: string[]): string {
  return createHash('sha256').update(words.join('\n')).digest('hex').slice(0, 16)
}

function quietly<T>(ask: () => T, otherwise: T): T {
  try {
    return ask()
  } catch {
    return otherwise
  }
}
