// A user's document in Vault as the roster needs it: its metadata and the tokens that open it, never its data.

import { notedAccessors, noteKey, readNote } from '../offboard/note.js'
import { tokenRole } from '../offboard/vault-actions.js'
import { isVaults } from '../store/vault/failure.js'
import {
  accessorKey,
  dataOf,
  isAbsent,
  isDisabledEntity,
  type Lookup,
  lookUpAccessor,
  type SiteVault,
  type StoreTrouble,
  whyNot,
} from '../store/vault/site.js'
import { isObject, matching, numberOf, orNull, stringOf } from '../system/json.js'
import { makeTrouble, type Trouble } from '../system/trouble.js'
import type { WrappedToken } from './memory.js'

/** The metadata of a document. */
export interface DocumentState {
  exists: boolean
  /** A login was backed up there. */
  hasVersions: boolean
  /** The noted accessors of the user's tokens: the key, such as `accessor_ws1`, and the accessor. */
  accessors: ReadonlyMap<string, string>
  /** An admin has cut this user. */
  isCutNoted: boolean
}

const wrapSeconds = 3_600
const mostVersions = 3

/** `path` is inside the mount. */
export async function readDocument(vault: SiteVault, path: string): Promise<Lookup<DocumentState>> {
  const at = `${vault.server.mount}/metadata/${path}`
  const reply = await vault.request({ method: 'GET', path: at })
  if (isAbsent(reply))
    return {
      kind: 'known',
      value: { exists: false, hasVersions: false, accessors: new Map(), isCutNoted: false },
    }
  const data = dataOf(reply)
  if (data === null) return whyNot(vault, reply, at, 'read')
  const noted = isObject(data['custom_metadata']) ? data['custom_metadata'] : {}
  return {
    kind: 'known',
    value: {
      exists: true,
      hasVersions: (numberOf(data['current_version']) ?? 0) > 0,
      accessors: notedAccessors(noted),
      isCutNoted: readNote(noted[noteKey]) !== null,
    },
  }
}

/** Is the token behind `accessor` alive? Null: not known. */
export async function isTokenAlive(vault: SiteVault, accessor: string): Promise<boolean | null> {
  const looked = await lookUpAccessor(vault, accessor)
  return looked.kind === 'known' ? looked.value.isAlive : null
}

/** Creates the document without a version. One that exists already is fine too. */
export async function createRecord(vault: SiteVault, path: string): Promise<StoreTrouble | null> {
  const at = `${vault.server.mount}/metadata/${path}`
  const body = JSON.stringify({ max_versions: mostVersions })
  const reply = await vault.request({ method: 'POST', path: at, body })
  return isDone(reply) ? null : whyNot(vault, reply, at, 'create')
}

/** `refused`: no token was minted. `unanswered`: Vault may have minted one, and its accessor is not known. */
export type Minted =
  | { kind: 'minted'; token: WrappedToken }
  | { kind: 'refused' | 'unanswered'; trouble: Trouble }

/** Mints a token that only `vaultName`'s policy opens; it is not visible until it is unwrapped. */
export async function mintToken(
  vault: SiteVault,
  { vaultName, host, nowMs }: { vaultName: string; host: string; nowMs: number },
): Promise<Minted> {
  const path = `auth/token/create/${tokenRole}`
  const reply = await vault.request({
    method: 'POST',
    path,
    body: JSON.stringify({
      entity_alias: vaultName,
      display_name: displayName(host, vaultName),
    }),
    wrapTtl: `${wrapSeconds}s`,
  })
  if (isDisabledEntity(reply))
    return {
      kind: 'refused',
      trouble: makeTrouble(`the entity of ${vaultName} in Vault is disabled`, {
        advice: 'this user was cut without a note',
      }),
    }
  const wrapped = reply.kind === 'reply' ? reply.body?.['wrap_info'] : null
  const wrapping = isObject(wrapped) ? wordOfVault(wrapped['token']) : null
  const accessor = isObject(wrapped) ? wordOfVault(wrapped['wrapped_accessor']) : null
  if (wrapping === null || accessor === null) {
    // A proxy's 4xx may come after Vault has minted.
    const isRefused =
      reply.kind === 'not-sent' ||
      (reply.kind === 'reply' && reply.status >= 400 && reply.status < 500 && isVaults(reply))
    const { trouble } = await whyNot(vault, reply, path, 'update')
    return { kind: isRefused ? 'refused' : 'unanswered', trouble }
  }
  return {
    kind: 'minted',
    token: { wrapping, accessor, endsAtMs: nowMs + wrapSeconds * 1000 },
  }
}

/** Shown unchanged so that it can be copied: one ASCII word. */
const wordOfVault = orNull(matching(/^[!-~]{1,8192}$/))

function displayName(host: string, vaultName: string): string {
  return `${host}-claude-auth-${vaultName}`
}

/** More are not looked at one by one. */
const mostLookedUp = 50_000

/**
 * The accessors of living tokens that were minted for `vaultName` from `host` and are not in `known`. Null where Vault
 * does not let the admin list accessors: the policy of docs/vault.md does not.
 */
export async function unnotedTokens(
  vault: SiteVault,
  { vaultName, host, known }: { vaultName: string; host: string; known: ReadonlySet<string> },
): Promise<string[] | null> {
  const listed = dataOf(await vault.request({ method: 'LIST', path: 'auth/token/accessors' }))
  const keys = listed?.['keys']
  if (!Array.isArray(keys) || keys.length > mostLookedUp) return null
  const found: string[] = []
  for (const accessor of keys) {
    if (typeof accessor !== 'string' || known.has(accessor)) continue
    const looked = await lookUpAccessor(vault, accessor)
    // Vault puts the kind of sign-in before the name that was asked for.
    const name = looked.kind === 'known' ? looked.value.displayName : null
    if (name === `token-${displayName(host, vaultName)}`) found.push(accessor)
  }
  return found
}

/**
 * Notes the accessor under the host's name, for the day on which the token must be revoked. One that is noted there
 * already keeps its key.
 */
export async function noteAccessor(
  vault: SiteVault,
  path: string,
  { host, accessor }: { host: string; accessor: string },
): Promise<StoreTrouble | null> {
  const document = await readDocument(vault, path)
  if (document.kind !== 'known') return document
  const { accessors } = document.value
  if ([...accessors.values()].includes(accessor)) return null
  const at = `${vault.server.mount}/metadata/${path}`
  const body = JSON.stringify({ custom_metadata: { [freeKey(accessors, host)]: accessor } })
  const reply = await vault.request({ method: 'PATCH', path: at, body })
  return isDone(reply) ? null : whyNot(vault, reply, at, 'patch')
}

/** Notes that a token was minted for `host` after `sinceMs` at the earliest, whose accessor is not known. */
export async function noteLost(
  vault: SiteVault,
  path: string,
  { host, sinceMs }: { host: string; sinceMs: number },
): Promise<StoreTrouble | null> {
  const at = `${vault.server.mount}/metadata/${path}`
  const note = { [`lost_${host}`]: new Date(sinceMs).toISOString() }
  const body = JSON.stringify({ custom_metadata: note })
  const reply = await vault.request({ method: 'PATCH', path: at, body })
  return isDone(reply) ? null : whyNot(vault, reply, at, 'patch')
}

/** `accessor_ws1`, then `accessor_ws1_2`: an accessor that is forgotten can't be revoked. */
function freeKey(accessors: ReadonlyMap<string, string>, host: string): string {
  const key = accessorKey(host)
  let free = key
  for (let at = 2; accessors.has(free); at++) free = `${key}_${at}`
  return free
}

/** The accessors that are noted for `host`. */
export function accessorsOf({ accessors }: DocumentState, host: string): string[] {
  const key = accessorKey(host)
  return [...accessors].flatMap(([each, accessor]) =>
    each === key || (each.startsWith(`${key}_`) && /^\d+$/.test(each.slice(key.length + 1)))
      ? [accessor]
      : [],
  )
}

/** The token inside; null where the wrapping has ended or was opened already. */
export async function unwrap(
  vault: SiteVault,
  { wrapping }: Pick<WrappedToken, 'wrapping'>,
): Promise<Lookup<string | null>> {
  const path = 'sys/wrapping/unwrap'
  const reply = await vault.requestBy(wrapping, { method: 'POST', path })
  if (reply.kind === 'reply' && [400, 403].includes(reply.status) && isVaults(reply))
    return { kind: 'known', value: null }
  const auth = reply.kind === 'reply' && reply.status === 200 ? reply.body?.['auth'] : null
  const token = isObject(auth) ? stringOf(auth['client_token']) : null
  return token === null ? whyNot(vault, reply, path, 'update') : { kind: 'known', value: token }
}

function isDone(reply: Awaited<ReturnType<SiteVault['request']>>): boolean {
  return reply.kind === 'reply' && (reply.status === 200 || reply.status === 204)
}
