// What a KV version 2 engine answers about one document: found, deleted, absent, or something else. Pure.

import { isObject, type JsonObject, numberOf } from '../host/json.js'
import type { DocumentRead } from './store.js'
import type { VaultReply } from './vault-client.js'
import { troubleOf, wrongVersion } from './vault-failure.js'

type Answer = Extract<VaultReply, { kind: 'reply' }>

/** The newest version. What is deleted or destroyed is `damaged`, for it held something once. */
export function readAnswer(answer: Answer, place: string): DocumentRead {
  const { status, body, errors, serverNowMs } = answer
  const data = isObject(body?.['data']) ? body['data'] : null
  const metadata = isObject(data?.['metadata']) ? data['metadata'] : null
  const version = numberOf(metadata?.['version'])
  if (status === 404 && metadata !== null && version !== null) {
    const what = metadata['destroyed'] === true ? 'destroyed' : 'deleted'
    return {
      kind: 'empty',
      version,
      damaged: `version ${version} of the document was ${what} (${place})`,
    }
  }
  const isAbsent = status === 404 && Array.isArray(body?.['errors']) && errors.length === 0
  if (isAbsent) return { kind: 'empty', version: 0 }
  if (status !== 200 || body === null) return troubleOf(answer, place)
  if (data === null || metadata === null || version === null)
    return 'request_id' in body ? wrongVersion(place) : troubleOf(answer, place)
  const document = data['data']
  if (!isObject(document))
    return {
      kind: 'empty',
      version,
      damaged: `version ${version} of the document is no object (${place})`,
    }
  const schema = document['claude_auth_schema_version'] ?? 1
  if (schema !== 1) {
    const what = `the document is of a newer claude-auth (${place}): install that one here too`
    return { kind: 'denied', what: `${what}; type: claude-auth ensure --force` }
  }
  return { kind: 'current', document, version, ageMs: ageOf(metadata, serverNowMs) }
}

/** The version that a write has made; null where the answer names none. */
export function versionOf({ status, body }: Answer): number | null {
  const data = body?.['data']
  return status === 200 && isObject(data) ? numberOf(data['version']) : null
}

/** Does Vault say (`sys/internal/ui/mounts/…`) that the engine is another one than KV version 2? */
export function isOtherEngine({ status, body }: Answer): boolean {
  const data = body?.['data']
  if (status !== 200 || !isObject(data) || typeof data['type'] !== 'string') return false
  const { options } = data
  return data['type'] !== 'kv' || !isObject(options) || String(options['version']) !== '2'
}

/** `Date` has whole seconds: a version just made may seem to be of the future. */
function ageOf(metadata: JsonObject, serverNowMs: number | null): number | null {
  const createdAtMs = Date.parse(String(metadata['created_time']))
  if (serverNowMs === null || Number.isNaN(createdAtMs)) return null
  return Math.max(0, serverNowMs - createdAtMs)
}
