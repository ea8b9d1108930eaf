// Checks of the machine: clock, network, disk, home and Node.

import { networkSettings } from '../host/network-settings.js'
import { machineWords } from '../report/doctor-machine-text.js'
import { type Finding, found, ok } from './check.js'
import type { EngineFacts } from './facts-engine.js'
import type { LoginFacts } from './facts-login.js'
import type { MachineFacts } from './facts-machine.js'
import type { NetworkFacts } from './facts-network.js'
import type { TimerFacts } from './facts-timer.js'

/** Less than what a renewal writes several times over. */
const leastBytes = 4 * 1024 * 1024
const leastInodes = 100
/** File systems that other hosts may share. */
const ofTheNetwork = /^(?:nfs|cifs|smb|afs|ceph|lustre|glusterfs|fuse\.sshfs|9p|gpfs|beegfs)/

export function clock({ login, engine }: { login: LoginFacts; engine: EngineFacts }): Finding {
  const { clockOffMs } = login.run.memory
  if (clockOffMs !== 0) return found('warn', machineWords.clockOff(clockOffMs))
  const isKnown = engine.server !== null && engine.server.serverNowMs !== null
  return isKnown ? ok(machineWords.clock) : { state: 'ok', words: machineWords.clockUnknown }
}

/** Whether the servers are reached, by the proxy and authorities of this shell, and whether the timer has the same. */
export function network(facts: {
  login: LoginFacts
  machine: MachineFacts
  network: NetworkFacts
  timer: TimerFacts
}): Finding {
  const { missingCa } = facts.machine
  if (missingCa !== null) return found('fail', machineWords.missingCa(missingCa))
  for (const { host, isProxied, reach } of facts.network.servers)
    if (reach.kind === 'unreached')
      return found(
        'fail',
        reach.tls
          ? machineWords.untrusted(reach.tls)
          : machineWords.unreached(host, reach.what, isProxied),
      )
  const names = unseenByTimer(facts)
  if (names.length > 0) return found('warn', machineWords.unseen(names))
  return ok(facts.network.servers.length > 0 ? machineWords.reached : machineWords.network)
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
export function disk({ disks }: MachineFacts): Finding {
  const full = disks.find(({ freeBytes }) => freeBytes < leastBytes)
  if (full) return found('fail', machineWords.full(full.path, full.freeBytes))
  const crowded = disks.find(({ freeInodes }) => freeInodes !== null && freeInodes < leastInodes)
  return crowded
    ? found('fail', machineWords.noInodes(crowded.path, crowded.freeInodes ?? 0))
    : ok(machineWords.disk)
}

/** A home that other hosts share. */
export function home({ disks }: MachineFacts): Finding {
  const types = disks.map(({ fileSystem }) => fileSystem).filter(type => type !== null)
  const shared = types.find(type => ofTheNetwork.test(type))
  return shared
    ? found('note', machineWords.networkHome(shared))
    : ok(machineWords.home(types[0] ?? null))
}

export function node({ node }: MachineFacts): Finding {
  if (node === null) return found('warn', machineWords.noNode)
  const { path, version, recorded } = node
  if (version === null) return found('warn', machineWords.nodeGone(path))
  if (version !== 'unknown' && Number(version.split('.')[0]) < 20)
    return found('warn', machineWords.nodeOld(version))
  return ok(machineWords.node(version, recorded))
}
