// The health record of one login: its shape, its text, and reading one that any user may have written.

import { createHash } from 'node:crypto'
import { type JsonObject, jsonObject, matching, number, oneOf, where } from '../system/json.js'

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

const verdict = oneOf(...recordVerdicts)
const credential = oneOf(...credentials)
const custody = oneOf(...custodies)
const storeState = oneOf(...storeStates)
const identity = oneOf(...identities)

/**
 * What may be missing in a record of another version is `null` or `unknown`, never a guess. Member by member, and not by a
 * decoder of objects: of a large site twenty thousand are read at once.
 */
function recordIn(said: JsonObject): HealthRecord | null {
  const record = {
    at: time(said['at']),
    verdict: verdict(said['verdict']),
    because: reason(said['because']),
    since: time(said['since']),
    expiresAt: time(said['expiresAt']) ?? null,
    loginEndsAt: time(said['loginEndsAt']) ?? null,
    credential: credential(said['credential']),
    custody: custody(said['custody']),
    store: storeState(said['store']),
    identity: identity(said['identity']) ?? 'unknown',
    version: programVersion(said['version']),
    client: programVersion(said['client']) ?? null,
  }
  return isWhole(record) ? record : null
}

function isWhole(
  record: { [K in keyof HealthRecord]: HealthRecord[K] | undefined },
): record is HealthRecord {
  const { at, verdict, because, since, credential, custody, store, version } = record
  return (
    at !== undefined &&
    verdict !== undefined &&
    because !== undefined &&
    since !== undefined &&
    credential !== undefined &&
    custody !== undefined &&
    store !== undefined &&
    version !== undefined
  )
}

/** The record in `text`, which may be anything; null for what is none, or of another shape than version 1. Never throws. */
export function readRecord(text: unknown): HealthRecord | null {
  if (typeof text !== 'string' || text.length > readMaxBytes) return null
  const said = jsonObject(text)
  return said?.['v'] === shapeVersion ? recordIn(said) : null
}

/**
 * One line of JSON: ASCII, at most `recordMaxBytes`, and nothing but the members of the shape. Null where one that must be
 * there does not fit it.
 */
export function recordText(record: HealthRecord): string | null {
  const said = recordIn({ ...record })
  return said === null ? null : JSON.stringify({ v: shapeVersion, ...said })
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
