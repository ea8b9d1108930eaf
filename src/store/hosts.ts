// The hosts that use a shared document: a renewal that others do not know of could sign them out.

import type { JsonObject } from '../system/json.js'
import { number, object, otherwise, recordOf, text, word } from '../system/json.js'
import { dayMs } from '../system/time.js'

/** By instance: one login folder. */
export type Hosts = Readonly<Record<string, HostEntry>>

export interface HostEntry {
  host: string
  seenAtMs: number
  /** Random, new with each write: an unknown one under one's own name shows a live copy. */
  heartbeat?: string
}

/** A host that was not seen for so long is gone: an access token lives for hours, a login for weeks. */
const goneMs = 45 * dayMs

const refreshMs = dayMs

/**
 * An entry under a former name of ours may be our own. A live copy refreshes it each day, and may count itself alone for
 * three days after its last look.
 */
const formerGoneMs = 4 * dayMs

/** Containers of short jobs would fill the document. */
const mostHosts = 50

/** Reads `claude_auth_hosts`; what can't be understood is left out. */
export const hostsOf: (value: unknown) => Hosts = otherwise(
  recordOf(object({ host: otherwise(text, ''), seenAtMs: number }, { heartbeat: word })),
  {},
)

/** Was `instance` not seen for a day, or never? */
export function isHeartbeatDue(hosts: Hosts, instance: string, nowMs: number): boolean {
  const known = hosts[instance]
  return known === undefined || Math.abs(nowMs - known.seenAtMs) >= refreshMs
}

/** An entry without its time. */
export type Heartbeat = Required<Pick<HostEntry, 'host' | 'heartbeat'>>

/** The document's keys with a fresh entry for `instance`. */
export function heartbeatKeys(
  hosts: Hosts,
  instance: string,
  { host, heartbeat }: Heartbeat,
  nowMs: number,
): JsonObject {
  const others = Object.entries(hosts)
    .filter(([each, { seenAtMs }]) => each !== instance && nowMs - seenAtMs < goneMs)
    .sort(([, one], [, other]) => other.seenAtMs - one.seenAtMs)
    .slice(0, mostHosts - 1)
  const all = { ...Object.fromEntries(others), [instance]: { host, seenAtMs: nowMs, heartbeat } }
  return { claude_auth_hosts: all }
}

/**
 * When a host other than `instance` was last seen (epoch ms); null where there is none. An entry under one of
 * `formerNames` counts only while it is young: it may be our own.
 */
export function othersSeenAtMs(
  hosts: Hosts,
  instance: string,
  nowMs: number,
  formerNames: readonly string[] = [],
): number | null {
  const lifeOf = (name: string) => (formerNames.includes(name) ? formerGoneMs : goneMs)
  const times = Object.entries(hosts)
    .filter(([each, { seenAtMs }]) => each !== instance && nowMs - seenAtMs < lifeOf(each))
    .map(([, { seenAtMs }]) => seenAtMs)
  return times.length === 0 ? null : Math.max(...times)
}
