// What admins note in the custom metadata of a document: the accessors of tokens, and an offboarding: when, by whom, why. Pure.

import { accessorPrefix } from '../store/vault/site.js'
import { jsonObject, numberOf, stringOf } from '../system/json.js'
import { clean } from '../text/clean.js'

/** The key of the note. A user's policy lets them read it, not write it. */
export const noteKey = 'offboard'

export interface OffboardNote {
  cutAtMs: number
  /** Null until the tokens were revoked and the login was ended. */
  revokedAtMs: number | null
  /** `root@host` */
  by: string
  why: string
}

/** Vault's limit for one value of custom metadata. */
const maxBytes = 512

/** ASCII without control characters, at most 512 bytes: a longer reason is truncated. */
export function noteText({ cutAtMs, revokedAtMs, by, why }: OffboardNote): string {
  const fields = { v: 1, cutAt: cutAtMs, revokedAt: revokedAtMs, by: clean(by, 100) }
  let reason = clean(why, 300)
  for (;;) {
    const text = ascii(JSON.stringify({ ...fields, why: reason }))
    if (text.length <= maxBytes || reason === '') return text
    reason = reason.slice(0, -Math.max(1, Math.ceil((text.length - maxBytes) / 6)))
  }
}

/** Null: not a note. */
export function readNote(text: unknown): OffboardNote | null {
  const fields = typeof text === 'string' ? jsonObject(text) : null
  const cutAtMs = numberOf(fields?.['cutAt'])
  if (fields === null || cutAtMs === null) return null
  return {
    cutAtMs,
    revokedAtMs: numberOf(fields['revokedAt']),
    by: clean(stringOf(fields['by']) ?? '', 100),
    why: clean(stringOf(fields['why']) ?? '', 300),
  }
}

/** The accessors of the user's tokens: the key, such as `accessor_ws1`, and the accessor. */
export function notedAccessors(
  customMetadata: Readonly<Record<string, unknown>>,
): Map<string, string> {
  const noted = Object.entries(customMetadata).flatMap(([key, value]) => {
    const accessor = stringOf(value)
    return key.startsWith(accessorPrefix) && accessor !== null ? [[key, accessor] as const] : []
  })
  return new Map(noted)
}

function ascii(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
