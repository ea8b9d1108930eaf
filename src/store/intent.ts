// The intent in a shared document: one host at a time posts its refresh token.

import { isObject, type JsonObject, numberOf, stringOf } from '../system/json.js'

/** Written before the request, and replaced by its result. */
export interface Intent {
  /** Names this one try. */
  id: string
  /** `user@host`. */
  by: string
  /** SHA-256 (hex) of the refresh token to be posted. */
  parent: string
  /**
   * How it ended without a new login: `refused` (the token is spent) or `maybe-spent`. Null while it
   * is under way, and for ever where its host died.
   */
  ended: 'refused' | 'maybe-spent' | null
}

/** Reads `claude_auth_intent`; null where there is none or it can't be understood. */
export function intentOf(value: unknown): Intent | null {
  if (!isObject(value)) return null
  const id = stringOf(value['id'])
  const parent = stringOf(value['parent'])
  if (id === null || parent === null || !/^[0-9a-f]{64}$/.test(parent)) return null
  const { ended } = value
  return {
    id,
    by: stringOf(value['by']) ?? '',
    parent,
    ended: ended === 'refused' || ended === 'maybe-spent' ? ended : null,
  }
}

// Which hosts use a shared document: whoever renews without it could sign the others out.

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
