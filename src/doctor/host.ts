// Checks of the host that a login is used on: clock, network, disk, home and Node.

import { existsSync, lstatSync, realpathSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { type Reach, reach } from '../anthropic/login-server.js'
import { type NetworkSettings, networkSettings } from '../anthropic/network.js'
import { canRun } from '../system/access.js'
import { mountLines, mountPoint } from '../system/mounts.js'
import { ownPaths } from '../system/paths.js'
import { ownRoot } from '../system/program-places.js'
import { askProgram } from '../system/start-program.js'
import { type Distrust, distrustHint, distrustOf } from '../system/trusted-path.js'
import { clean } from '../text/clean.js'
import { aboutWords } from '../text/durations.js'
import { type Finding, found, ok, pasted, shown, words } from './check.js'
import type { EngineFacts } from './engine-facts.js'
import type { LoginFacts } from './login-facts.js'
import type { TimerFacts } from './timer.js'

/** Less than what a renewal writes several times over. */
const leastBytes = 4 * 1024 * 1024
const leastInodes = 100
/** File systems that other hosts may share. */
const ofTheNetwork = /^(?:nfs|cifs|smb|afs|ceph|lustre|glusterfs|fuse\.sshfs|9p|gpfs|beegfs)/

export function clock({ login, engine }: { login: LoginFacts; engine: EngineFacts }): Finding {
  const { clockOffMs } = login.run.memory
  if (clockOffMs !== 0) return found('warn', hostWords.clockOff(clockOffMs))
  const isKnown = engine.server !== null && engine.server.serverNowMs !== null
  return isKnown ? ok(hostWords.clock) : { state: 'ok', words: hostWords.clockUnknown }
}

/** Whether the servers are reached, by the proxy and authorities of this shell, and whether the timer has the same. */
export function network(facts: {
  login: LoginFacts
  host: HostFacts
  network: NetworkFacts
  timer: TimerFacts
}): Finding {
  const { missingCa } = facts.host
  if (missingCa !== null) return found('fail', hostWords.missingCa(missingCa))
  for (const { host, isProxied, reach } of facts.network.servers)
    if (reach.kind === 'unreached')
      return found(
        'fail',
        reach.tls
          ? hostWords.untrusted(reach.tls)
          : hostWords.unreached(host, reach.what, isProxied),
      )
  const names = unseenByTimer(facts)
  if (names.length > 0) return found('warn', hostWords.unseen(names))
  return ok(facts.network.servers.length > 0 ? hostWords.reached : hostWords.network)
}

/** What this shell sets and the timer goes without. */
function unseenByTimer({ login, timer }: { login: LoginFacts; timer: TimerFacts }): string[] {
  if (!timer.timers.some(({ isActive }) => isActive)) return []
  const here = networkSettings(login.run.env, login.settings)
  const there = networkSettings(timer.env ?? {}, login.settings)
  const parts: [string, unknown, unknown][] = [
    ['HTTPS_PROXY', here.proxy, there.proxy],
    ['NO_PROXY', here.proxy && here.noProxy, there.proxy && there.noProxy],
    ['NODE_EXTRA_CA_CERTS', here.authorities.extraFile, there.authorities.extraFile],
    ['SSL_CERT_FILE', here.authorities.file, there.authorities.file],
    ['SSL_CERT_DIR', here.authorities.folders.join(':'), there.authorities.folders.join(':')],
    ['CLAUDE_CODE_CLIENT_CERT', here.ownCertificate.certFile, there.ownCertificate.certFile],
  ]
  return parts.filter(([, mine, its]) => mine !== its).map(([name]) => name)
}

/** Room for the files of a renewal. */
export function disk({ disks }: HostFacts): Finding {
  const full = disks.find(({ freeBytes }) => freeBytes < leastBytes)
  if (full) return found('fail', hostWords.full(full.path, full.freeBytes))
  const crowded = disks.find(({ freeInodes }) => freeInodes !== null && freeInodes < leastInodes)
  return crowded
    ? found('fail', hostWords.noInodes(crowded.path, crowded.freeInodes ?? 0))
    : ok(hostWords.disk)
}

/** A home that other hosts share. */
export function home({ disks }: HostFacts): Finding {
  const types = disks.map(({ fileSystem }) => fileSystem).filter(type => type !== null)
  const shared = types.find(type => ofTheNetwork.test(type))
  return shared
    ? found('note', hostWords.networkHome(shared))
    : ok(hostWords.home(types[0] ?? null))
}

export function node({ node }: HostFacts): Finding {
  if (node === null) return found('warn', hostWords.noNode)
  const { path, version, recorded } = node
  if (version === null) return found('warn', hostWords.nodeGone(path))
  if (version !== 'unknown' && Number(version.split('.')[0]) < 20)
    return found('warn', hostWords.nodeOld(version))
  return ok(hostWords.node(version, recorded))
}

/** What doctor says about the host: clock, network, disk, home and Node. */
const hostWords = {
  clock: "The clock agrees with the server's.",
  clockUnknown: words('The clock could not be compared: no server was asked.'),
  clockOff: (offMs: number) =>
    words(
      `The clock here is ${aboutWords(offMs)} ${offMs > 0 ? 'ahead of' : 'behind'} the server's.`,
      'sudo timedatectl set-ntp true',
    ),
  network: 'The timer uses the same proxy and authorities as your shell.',
  reached: 'The login servers can be reached, and the timer uses the same proxy and authorities.',
  missingCa: ({ name, file, distrust }: NonNullable<HostFacts['missingCa']>) => {
    const named = `${name} names ${shown(file)}, which`
    if (distrust === null)
      return words(`${named} cannot be read or holds no certificate.`, `ls -l ${pasted(file)}`)
    const { path, why, hint } = distrust
    return words(`${named} is not read: ${shown(path)} ${clean(why, 100)}.`, hint)
  },
  untrusted: ({ host, code, issuer }: { host: string; code: string; issuer: string | null }) =>
    words(
      `The certificate of ${clean(host, 100)} is not accepted (${clean(code, 60)}); it was issued by ${issuer === null ? 'an issuer without a name' : `"${clean(issuer, 80)}"`}. If your network inspects TLS, name its authority.`,
      'export NODE_EXTRA_CA_CERTS=/path/to/authority.pem',
    ),
  unreached: (host: string, what: string, isProxied: boolean) =>
    words(
      `${clean(host, 100)} cannot be reached ${isProxied ? 'through the proxy of your environment' : 'directly, without a proxy'}: ${clean(what, 120)}.`,
      `curl -sSI https://${clean(host, 100)}/`,
    ),
  unseen: (names: string[]) =>
    words(
      `The timer does not see ${names.join(' and ')} of your shell: put it into "env" of ~/.claude/settings.json.`,
    ),
  disk: 'There is enough disk space.',
  full: (path: string, freeBytes: number) =>
    words(
      `Only ${Math.floor(freeBytes / 1024)} KiB are free at ${shown(path)}: a renewal might not be saved.`,
      `df -h ${pasted(path)}`,
    ),
  noInodes: (path: string, free: number) =>
    words(
      `Only ${free} free inodes are left at ${shown(path)}: a renewal might not be saved.`,
      `df -i ${pasted(path)}`,
    ),
  home: (type: string | null) => `The home is on ${clean(type ?? 'a local disk', 30)}.`,
  networkHome: (type: string) =>
    words(
      `The home is on ${clean(type, 30)}: hosts that share it share the login, and its locks are weaker.`,
    ),
  node: (version: string, recorded: boolean) =>
    `Node ${version === 'unknown' ? '' : `${version} `}is ${recorded ? 'recorded' : 'found on PATH'}.`,
  noNode: words('There is no Node for the wrapper to start.', 'claude-auth install'),
  nodeGone: (path: string) =>
    words(`The recorded Node (${shown(path)}) does not start.`, 'claude-auth install'),
  nodeOld: (version: string) =>
    words(`Node ${clean(version, 20)} is too old; 20 or newer is needed.`, 'claude-auth install'),
}

export interface DiskFacts {
  path: string
  /** The file system, as the kernel names it (`ext4`, `nfs4`); null where it does not say. */
  fileSystem: string | null
  freeBytes: number
  /** Null where the file system counts none. */
  freeInodes: number | null
}

export interface HostFacts {
  disks: DiskFacts[]
  /** The Node that install recorded, else the one on PATH. `version`: null where it does not start. */
  node: { path: string; recorded: boolean; version: string | 'unknown' | null } | null
  /** The first file of authorities that is named and can't be used, and what names it. */
  missingCa: { name: string; file: string; distrust: (Distrust & { hint: string }) | null } | null
}

const answerMs = 10_000

export async function hostFacts({ place, run, settings }: LoginFacts): Promise<HostFacts> {
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

async function missingCa({ authorities }: NetworkSettings): Promise<HostFacts['missingCa']> {
  const { certificatesIn, readAuthorityFile } = await import('../anthropic/network.js')
  const named = { SSL_CERT_FILE: authorities.file, NODE_EXTRA_CA_CERTS: authorities.extraFile }
  for (const [name, file] of Object.entries(named))
    if (file !== null && certificatesIn(readAuthorityFile(file) ?? '').length === 0)
      return { name, file, distrust: distrustWithHint(file) }
  return null
}

function distrustWithHint(file: string): (Distrust & { hint: string }) | null {
  const uid = process.geteuid?.() ?? -1
  const distrust = existsSync(file) ? distrustOf(file, uid) : null
  return distrust && { ...distrust, hint: distrustHint(distrust, uid) }
}

function diskOf(path: string): DiskFacts | null {
  try {
    const { bsize, bavail, files, ffree } = statfsSync(path)
    return {
      path,
      fileSystem: fileSystemOf(realpathSync.native(path), mountLines()),
      freeBytes: bsize * bavail,
      freeInodes: files > 0 ? ffree : null,
    }
  } catch {
    return null
  }
}

/** The file system that `path` is on, by the longest mount point above it; `lines` are the kernel's table. */
export function fileSystemOf(path: string, lines: readonly string[]): string | null {
  let best = { length: -1, type: null as string | null }
  for (const line of lines) {
    const [, after = ''] = line.split(' - ')
    const point = mountPoint(line)
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`)
    // Of two on one point the later one counts.
    if (point !== '' && isAbove && point.length >= best.length)
      best = { length: point.length, type: after.split(' ')[0] ?? null }
  }
  return best.type
}

async function nodeOf(searchPath: string): Promise<HostFacts['node']> {
  const record = join(ownRoot(), 'node')
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
    return realpathSync.native(path) === realpathSync.native(process.execPath)
  } catch {
    return false
  }
}

function onPath(searchPath: string): string | null {
  const paths = searchPath.split(':').filter(folder => folder.startsWith('/'))
  return paths.map(folder => join(folder, 'node')).find(canRun) ?? null
}

/** Whether the client's servers can be reached: one request to each, without a credential. */
export interface NetworkFacts {
  /** The servers that were tried; none with `--offline` and in another user's home. */
  servers: { host: string; isProxied: boolean; reach: Reach }[]
}

const limitMs = 10_000

export async function networkFacts({ place, run }: LoginFacts): Promise<NetworkFacts> {
  if (run.offline || !place.owned) return { servers: [] }
  const { oauth, api } = run.config.endpoints
  const servers = [...new Set([oauth, api])].map(async endpoint => ({
    host: new URL(endpoint).host,
    isProxied: run.network.proxyFor(endpoint) !== null,
    reach: await reach(run.network, endpoint, limitMs),
  }))
  return { servers: await Promise.all(servers) }
}
