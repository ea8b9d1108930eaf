// Which hosts use a shared document: whoever renews without it could sign the others out.

import { isObject, type JsonObject, numberOf, stringOf } from '../host/json.js'

/** By instance: one login folder on one host. */
export type Hosts = Readonly<Record<string, { host: string; seenAtMs: number }>>

const dayMs = 86_400_000
/** A host that was not seen for so long is gone: an access token lives for hours, a login for weeks. */
const goneMs = 45 * dayMs
const refreshMs = 7 * dayMs

/** Reads `claude_auth_hosts`; what can't be understood is left out. */
export function hostsOf(value: unknown): Hosts {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).flatMap(([instance, about]) => {
    if (!isObject(about)) return []
    const seenAtMs = numberOf(about['seenAtMs'])
    return seenAtMs === null
      ? []
      : [[instance, { host: stringOf(about['host']) ?? '', seenAtMs }] as const]
  })
  return Object.fromEntries(entries)
}

/** The document's keys once `instance` is among them; null when it is, and was seen lately. */
export function registered(
  hosts: Hosts,
  instance: string,
  host: string,
  nowMs: number,
): JsonObject | null {
  const known = hosts[instance]
  if (known && Math.abs(nowMs - known.seenAtMs) < refreshMs) return null
  const alive = Object.entries(hosts).filter(([, { seenAtMs }]) => nowMs - seenAtMs < goneMs)
  const all = { ...Object.fromEntries(alive), [instance]: { host, seenAtMs: nowMs } }
  return { claude_auth_hosts: all }
}

/** When a host other than `instance` was last seen (epoch ms); null where there is none. */
export function othersSeenAtMs(hosts: Hosts, instance: string, nowMs: number): number | null {
  const times = Object.entries(hosts)
    .filter(([each, { seenAtMs }]) => each !== instance && nowMs - seenAtMs < goneMs)
    .map(([, { seenAtMs }]) => seenAtMs)
  return times.length === 0 ? null : Math.max(...times)
}
