// Checks of the client's own files and of the machine below.

import { networkSettings } from '../host/network-settings.js'
import { settingsWords } from '../report/doctor-launch-text.js'
import { machineWords } from '../report/doctor-machine-text.js'
import { type Finding, found, ok } from './check.js'
import type { ClientFacts } from './facts-client.js'
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

/** The client's first steps: without them `-p` can end without a word. */
export function onboarding({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding | null {
  const path = login.place.paths.clientConfig
  const isSignedIn = login.seen.state.file.kind !== 'missing'
  if (client.onboarding === 'done') return ok(settingsWords.onboarded)
  if (client.onboarding === 'unreadable') return found('fail', settingsWords.configUnreadable(path))
  // Whoever has never signed in goes through them then.
  if (!isSignedIn) return null
  const words =
    client.onboarding === 'no-config' ? settingsWords.noConfig : settingsWords.notOnboarded
  const isYours = (client.clientConfig?.uid ?? login.place.person.uid) === login.place.person.uid
  return found('warn', words, ...(isYours ? [{ do: 'onboarding', path } as const] : []))
}

/** Who else may tell the client what to do, or read what it was told. */
export function settingsMode({
  login,
  client,
}: {
  login: LoginFacts
  client: ClientFacts
}): Finding {
  const writable = client.open.find(({ by }) => by === 'write')
  const worst = writable ?? client.open[0]
  if (worst === undefined) return ok(settingsWords.private)
  const isYours = ({ uid }: { uid: number }) => uid === login.place.person.uid
  const words =
    worst.by === 'write'
      ? settingsWords.writable(worst.path, isYours(worst) ? 'you' : worst.uid)
      : settingsWords.readable(worst.path)
  // What others may no longer write they would be found to read next.
  const fixes = client.open
    .filter(isYours)
    .map(({ path, mode }) => ({ do: 'chmod', path, mode: mode & ~0o077 }) as const)
  return found('warn', words, ...fixes)
}

/** Settings that the client can't use: whole files, and entries. */
export function settings({ broken, skipped }: ClientFacts): Finding {
  const [worst] = [...broken].sort((a, b) => Number(b.managed) - Number(a.managed))
  if (worst === undefined) {
    const [entry] = skipped
    return entry ? found('warn', settingsWords.skipped(entry)) : ok(settingsWords.whole)
  }
  const { file, why, managed } = worst
  return managed
    ? found('fail', settingsWords.brokenManaged(file, why))
    : found('warn', settingsWords.broken(file, why))
}

/** Folders in /tmp that the client shares with everybody. */
export function clientFolders({ taken }: ClientFacts): Finding {
  const [first] = taken
  return first
    ? found('warn', settingsWords.taken(first.path, first.uid))
    : ok(settingsWords.folders)
}

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
