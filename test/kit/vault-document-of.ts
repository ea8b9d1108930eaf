// A user's document in a real OpenBao, opened as the store does, and what was asked for it.

import type { SharedDocument } from '../../src/store/store.js'
import { type VaultRequest, vaultClient } from '../../src/store/vault/client.js'
import { vaultDocument } from '../../src/store/vault/document.js'
import type { JsonObject } from '../../src/system/json.js'
import { makeTrouble } from '../../src/system/trouble.js'
import { directNetwork } from './direct-network.js'
import type { OpenBao } from './openbao.js'

export const network = directNetwork()
export const pathOf = (user: string) => `workstation/claude-users/${user}`
export const dataOf = (user: string) => `secret/data/${pathOf(user)}`

interface Options {
  user?: string
  patch?: boolean
  address?: string
  mount?: string
  namespace?: string | null
  token?: string
  timeoutMs?: number
}

export interface Opened extends SharedDocument {
  /** What was asked: `GET`, `PATCH`… of the document, paths of all else. */
  asked: string[]
  token: string
}

let users = 0
export const newUser = () => `user${++users}`

/** The document of a user with the policy of sites. */
export async function opened(bao: OpenBao, options: Options = {}): Promise<Opened> {
  const { user = newUser(), patch = true, mount = 'secret', namespace = null } = options
  const token = options.token ?? (await bao.userToken(user, { patch }))
  const address = options.address ?? bao.address
  const { timeoutMs = 5000 } = options
  const client = vaultClient({ address, namespace, caCert: null, timeoutMs, network })
  const asked: string[] = []
  const request = (about: VaultRequest) => {
    const isIt = about.path === `${mount}/data/${pathOf(user)}`
    asked.push(isIt ? about.method : about.path)
    return client.request(about)
  }
  const session = {
    token: async () => ({ kind: 'open' as const, token }),
    whyRefused: async () => {
      const reply = await request({ method: 'GET', path: 'auth/token/lookup-self', token })
      const isDead = reply.kind === 'reply' && reply.status === 403
      return isDead ? { kind: 'denied' as const, trouble: makeTrouble('the token is dead') } : null
    },
  }
  const document = vaultDocument({ request }, session, { mount, path: pathOf(user) })
  return { ...document, asked, token }
}

/** What a write has, a secret in it; `id` names it. */
export const keysOf = (id: string): JsonObject => ({
  claude_ai_oauth_json: '{"refreshToken":"sk-ant-ort01-very-secret"}',
  claude_auth_write_id: id,
})
