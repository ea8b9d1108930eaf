// An engine of its own in a real OpenBao, so that boxes which run at once do not share a document.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientLogin } from '../../src/demo/authority.js'
import { type JsonObject, jsonObject } from '../../src/system/json.js'
import type { OpenBao } from './openbao.js'
import type { Sandbox } from './sandbox.js'
import { me } from './vault-box.js'

export interface VaultMount {
  mount: string
  /** `mount/data/…`, as a request names it. */
  place: string
  /** A token for just this document, with what the policy of sites allows. */
  token: string
  /** Another one, for the same. */
  newToken(): Promise<string>
  /** What the policy allows from now on; a mount `nowhere` is always within it. */
  allow(capabilities: string[]): Promise<void>
  document(): Promise<{ data: JsonObject; version: number } | null>
  put(data: JsonObject): Promise<number>
}

const standardPath = `workstation/claude-users/${me}`
let count = 0

/** Mounts one (KV version 2). */
export async function vaultMount(bao: OpenBao, { patch = true } = {}): Promise<VaultMount> {
  count += 1
  const mount = `kv${count}`
  const place = `${mount}/data/${standardPath}`
  await well(bao.ask('POST', `sys/mounts/${mount}`, { type: 'kv', options: { version: '2' } }))
  // A new engine refuses all requests until it has made its first keys.
  while ((await bao.ask('GET', `${mount}/config`)).status !== 200) await sleep(20)
  const allow: VaultMount['allow'] = async capabilities => {
    const rule = (path: string, can: string[]) =>
      `path "${path}" { capabilities = ${JSON.stringify(can)} }`
    const policy = [
      ...(capabilities.length > 0 ? [rule(place, capabilities)] : []),
      rule(`nowhere/data/${standardPath}`, ['read']),
      rule('auth/token/lookup-self', ['read']),
      rule('auth/token/renew-self', ['update']),
    ]
    await well(bao.ask('PUT', `sys/policies/acl/${mount}`, { policy: policy.join('\n') }))
  }
  const newToken: VaultMount['newToken'] = async () => {
    const minted = await well(
      bao.ask('POST', 'auth/token/create-orphan', {
        policies: [mount],
        display_name: `ws1-claude-auth-${me}`,
        no_default_policy: true,
        period: '768h',
      }),
    )
    return String((minted['auth'] as JsonObject)['client_token'])
  }
  await allow(['create', 'read', 'update', ...(patch ? ['patch'] : [])])
  return {
    mount,
    place,
    token: await newToken(),
    newToken,
    allow,
    document: async () => {
      const { status, body } = await bao.ask('GET', place)
      if (status !== 200) return null
      const { data, metadata } = body['data'] as { data: JsonObject; metadata: JsonObject }
      return { data, version: Number(metadata['version']) }
    },
    put: async data => {
      const body = await well(bao.ask('POST', place, { data }))
      return Number((body['data'] as JsonObject)['version'])
    },
  }
}

/** Where a box has its token. */
export function tokenFileOf({ home }: Sandbox): string {
  return join(home.path, '.config/claude-auth/vault-token')
}

/** The login in a document, as the client has it. */
export function loginIn(data: JsonObject | undefined): ClientLogin | null {
  return jsonObject(String(data?.['claude_ai_oauth_json'] ?? '')) as ClientLogin | null
}

/** A document as sites have it: these keys and nothing else. */
export function siteDocument(login: ClientLogin): JsonObject {
  return {
    claude_ai_oauth_json: JSON.stringify(login),
    credential_expires_at_ms: login.expiresAt,
    backed_up_at: new Date(Date.now() - 3_600_000).toISOString(),
  }
}

async function well(asked: ReturnType<OpenBao['ask']>): Promise<JsonObject> {
  const { status, body } = await asked
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
