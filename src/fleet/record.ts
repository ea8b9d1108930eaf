// The health record of one login: its shape, its text, and reading one that any user may have written.

import { createHash } from 'node:crypto'
import {
  type Decoder,
  jsonObject,
  matching,
  number,
  object,
  oneOf,
  orNull,
  otherwise,
  where,
} from '../system/json.js'

/** The words of a run's verdict. */
export const recordVerdicts = ['ok', 'attention', 'no-answer', 'sign-in', 'broken'] as const

const credentials = ['login', 'long-lived', 'other', 'none'] as const
const custodies = ['shared', 'sole'] as const
/** `none`: the login is kept nowhere else. */
const storeStates = ['current', 'pending', 'empty', 'unreachable', 'denied', 'none'] as const
const identities = ['expected', 'other', 'unknown'] as const

/**
 * What one login folder on one host says of itself. Times are epoch milliseconds by that host's clock. It holds no secret, e-mail,
 * UUID, fingerprint or path, and its author may claim anything about themselves.
 */
export interface HealthRecord {
  /** When it was written. */
  at: number
  verdict: (typeof recordVerdicts)[number]
  /** Why, in the spelling of the journal; of a newer version perhaps a word that is not known here. */
  because: string
  /** Since when verdict and reason are these. */
  since: number
  /** When the access token ends: passing it means nothing as long as there is a renewal. */
  expiresAt: number | null
  /** When the sign-in ends. */
  loginEndsAt: number | null
  credential: (typeof credentials)[number]
  custody: (typeof custodies)[number]
  store: (typeof storeStates)[number]
  /** Whether the login is this user's own. */
  identity: (typeof identities)[number]
  /** Of claude-auth. */
  version: string
  /** Version of the real client, where it is known. */
  client: string | null
}

/** The name of its file, in the state folder of a login. */
export const recordFile = 'health.json'

/** What a record takes at most, as OpenBao 2.7 limits a value of custom_metadata. Bytes, all of them ASCII. */
export const recordMaxBytes = 512

/** What is read of one at most: a later version may say more. */
export const readMaxBytes = 4096

/** Version of the shape. */
const shapeVersion = 1

/** A date in JavaScript's sense, of this epoch. */
const latestMs = 8.64e15
const time = where(number, ms => Number.isInteger(ms) && ms >= 0 && ms <= latestMs)
const reason = matching(/^[a-z][a-z-]{0,31}$/)
const programVersion = matching(/^\d{1,6}\.\d{1,6}\.\d{1,6}(?:[-+][0-9A-Za-z.-]{1,24})?$/)

/** What may be missing in a record of another version is `null` or `unknown`, never a guess. */
const recordIn: Decoder<HealthRecord> = object({
  at: time,
  verdict: oneOf(...recordVerdicts),
  because: reason,
  since: time,
  expiresAt: orNull(time),
  loginEndsAt: orNull(time),
  credential: oneOf(...credentials),
  custody: oneOf(...custodies),
  store: oneOf(...storeStates),
  identity: otherwise(oneOf(...identities), 'unknown' as const),
  version: programVersion,
  client: orNull(programVersion),
})

/** The record in `text`, which may be anything; null for what is none, or of another shape than version 1. Never throws. */
export function readRecord(text: unknown): HealthRecord | null {
  if (typeof text !== 'string' || text.length > readMaxBytes) return null
  const said = jsonObject(text)
  return said?.['v'] === shapeVersion ? (recordIn(said) ?? null) : null
}

/**
 * One line of JSON: ASCII, at most `recordMaxBytes`, and nothing but the members of the shape. Null where one that must be
 * there does not fit it.
 */
export function recordText(record: HealthRecord): string | null {
  const said = recordIn(record)
  return said === undefined ? null : JSON.stringify({ v: shapeVersion, ...said })
}

const plainKey = /^[a-z0-9][a-z0-9._-]{0,63}$/

/**
 * What the record of this host is called beside those of other hosts: the host's name, and for a further login folder its
 * profile after a slash. A name that a store might refuse or mistake (no such letters, too long) is made plain, with
 * a hash of it, so that two hosts have two keys.
 */
export function recordKey(host: string, profile: string | null = null): string {
  const key = asKey(host)
  return profile === null || profile === 'default' ? key : `${key}/${asKey(profile)}`
}

function asKey(name: string): string {
  if (plainKey.test(name)) return name
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 40)
  return `${plain === '' ? 'host' : plain}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}
