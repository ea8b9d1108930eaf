// Copied machines: records where this login folder is, detects live copies, and writes our heartbeat into the shared document.

import {
  isForeignHeartbeat,
  isRecorded,
  newInstance,
  withFingerprint,
  withHeartbeat,
  withName,
} from '../login/instance.js'
import type { Memory } from '../login/memory.js'
import { type Hosts, heartbeatKeys, isHeartbeatDue } from '../store/document.js'
import { fingerprintKey, hostFingerprint } from '../system/host-fingerprint.js'
import type { JsonObject } from '../system/json.js'
import { unlessBug } from '../system/trouble.js'
import { commit, type Run } from './run.js'

/** Records the fingerprint of this host. Costs one stat where it is on record already. */
export function recordFingerprint(run: Run): void {
  const { memory, paths, locks } = run
  const instance = memory.instance ?? newInstance(run.instance)
  const key = fingerprintKey(paths.state, locks.process)
  if (key.inode === '' || isRecorded(instance, key)) return
  const here = hostFingerprint(paths.state, key, locks.process)
  const refreshHash = memory.held?.refreshHash ?? null
  const next = withFingerprint(instance, here, { freshName: run.nonce(), refreshHash })
  // An intent that was pending when the copy was made belongs to the original.
  const intentId = next.name === instance.name ? memory.intentId : ''
  try {
    commit(run, { memory: { instance: next, intentId } })
  } catch (error) {
    // A full disk: the next run records it.
    unlessBug(error)
  }
}

/** Takes a new name where a heartbeat under ours shows a live copy. */
export function detectLiveCopy(run: Run, hosts: Hosts): void {
  const { instance } = run.memory
  const heartbeat = instance === null ? undefined : hosts[instance.name]?.heartbeat
  if (instance === null || heartbeat === undefined || !isForeignHeartbeat(instance, heartbeat))
    return
  commit(run, { memory: { instance: withName(instance, run.nonce()), intentId: '' } })
}

/** Our name in a shared document. */
export function instanceName({ memory, instance }: Run): string {
  return memory.instance?.name ?? instance
}

/** May another copy hold the refresh token that we hold? A fact about that token only. */
export function isContested({ instance, held }: Run['memory']): boolean {
  const doubted = instance?.contestedHash ?? null
  return doubted !== null && held?.refreshHash === doubted
}

/** The change to the memory once the shared document has named the other hosts. */
export function uncontested({ instance }: Run['memory']): Partial<Memory> {
  return instance === null || instance.contestedHash === null
    ? {}
    : { instance: { ...instance, contestedHash: null } }
}

/** The document's keys with a fresh heartbeat of ours, which is on record before it is written. */
export function freshHeartbeat(run: Run, hosts: Hosts): JsonObject {
  const self = { host: run.person.host, heartbeat: run.nonce() }
  recordHeartbeat(run, self.heartbeat, hosts)
  return heartbeatKeys(hosts, instanceName(run), self, run.now())
}

/**
 * The same, or null where the last one is young enough. A first one is always due: another host of the same image may
 * have the same name, and only a heartbeat of ours shows it that we are alive.
 */
export function dueHeartbeat(run: Run, hosts: Hosts): JsonObject | null {
  const isFirst = (run.memory.instance?.heartbeats ?? []).length === 0
  const isDue = isFirst || isHeartbeatDue(hosts, instanceName(run), run.now())
  return isDue ? freshHeartbeat(run, hosts) : null
}

function recordHeartbeat(run: Run, heartbeat: string, hosts: Hosts): void {
  const instance = run.memory.instance ?? newInstance(run.instance)
  commit(run, {
    memory: {
      instance: withHeartbeat(instance, heartbeat, hosts[instance.name]?.heartbeat ?? ''),
    },
  })
}
