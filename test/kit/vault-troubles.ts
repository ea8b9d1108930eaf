// Vault that can't be used, in every way: how each begins and ends, and what is said of it.

import type { Test } from 'tap'
import { type OpenBao, openBao } from './openbao.js'
import type { Place } from './settled.js'
import { tokenFileOf } from './vault-mount.js'

export interface Trouble {
  bao?: (t: Test) => Promise<OpenBao>
  /** Not through the gateway, which speaks plain HTTP. */
  direct?: boolean
  begin(place: Place): unknown
  /** Mends it. */
  end(place: Place): unknown
  state: 'unreachable' | 'denied'
  /** The cause, in the one line of a launch. */
  says: RegExp
}

const html = '<!doctype html><title>Sign in to the network</title>'
const own = (t: Test) => openBao(t)

export const troubles: Record<string, Trouble> = {
  'hung (SIGSTOP)': {
    bao: own,
    begin: ({ bao }) => bao.hang(),
    end: ({ bao }) => bao.goOn(),
    state: 'unreachable',
    says: /Vault did not answer in time/,
  },
  sealed: {
    bao: own,
    begin: ({ bao }) => bao.seal(),
    end: ({ bao }) => bao.unseal(),
    state: 'unreachable',
    says: /Vault is sealed/,
  },
  'not there': {
    begin: ({ gateway }) => gateway.shut(),
    end: ({ gateway }) => gateway.open(),
    state: 'unreachable',
    says: /Vault can't be reached/,
  },
  'its token revoked': {
    begin: ({ bao, at }) => bao.ask('POST', 'auth/token/revoke', { token: at.token }),
    end: async ({ box, at }) => box.home.write(tokenFileOf(box), `${await at.newToken()}\n`),
    state: 'denied',
    says: /Vault does not know the token/,
  },
  'no policy': {
    begin: ({ at }) => at.allow([]),
    end: ({ at }) => at.allow(['create', 'read', 'update']),
    state: 'denied',
    says: /the Vault token has no policy/i,
  },
  'over its quota': {
    bao: own,
    begin: async ({ bao, at }) => {
      await bao.limit(`${at.mount}/`, 0.0001)
      while ((await bao.ask('GET', at.place)).status !== 429);
    },
    end: ({ bao, at }) => bao.limit(`${at.mount}/`, 1e6),
    state: 'unreachable',
    says: /Vault takes no more requests for now/,
  },
  'of an authority that is not trusted': {
    bao: t => openBao(t, { tls: true }),
    direct: true,
    begin: ({ bao, configure }) => configure({ caCert: bao.wrongCaFile }),
    end: ({ configure }) => configure({}),
    state: 'denied',
    says: /the certificate of Vault is not trusted/i,
  },
  'HTML with 200': {
    begin: ({ gateway }) => {
      const headers = { 'content-type': 'text/html' }
      gateway.instead = () => ({ status: 200, headers, body: html })
    },
    end: ({ gateway }) => {
      gateway.instead = null
    },
    state: 'denied',
    says: /is not Vault.s/,
  },
  'a redirect elsewhere': {
    begin: ({ gateway }) => {
      const headers = { location: 'http://127.0.0.1:9/elsewhere' }
      gateway.instead = () => ({ status: 307, headers, body: '' })
    },
    end: ({ gateway }) => {
      gateway.instead = null
    },
    state: 'unreachable',
    says: /Vault sends requests elsewhere/,
  },
  'on standby': {
    begin: ({ gateway }) => {
      gateway.instead = () => ({ status: 473, body: '{"errors":[]}' })
    },
    end: ({ gateway }) => {
      gateway.instead = null
    },
    state: 'unreachable',
    says: /Vault is on standby/,
  },
  'dripping, byte by byte': {
    begin: ({ gateway }) => {
      gateway.after = (_, truth) => ({ ...truth, dripMs: 100 })
    },
    end: ({ gateway }) => {
      gateway.after = null
    },
    state: 'unreachable',
    says: /Vault did not answer in time/,
  },
  "another user's token": {
    begin: async ({ bao, box }) =>
      box.home.write(tokenFileOf(box), `${await bao.userToken('somebody')}\n`),
    end: async ({ box, at }) => box.home.write(tokenFileOf(box), `${await at.newToken()}\n`),
    state: 'denied',
    says: /the Vault token is somebody's/i,
  },
  '500 and nothing done': {
    begin: ({ gateway }) => {
      gateway.instead = () => ({ status: 500, body: '{"errors":["internal error"]}' })
    },
    end: ({ gateway }) => {
      gateway.instead = null
    },
    state: 'unreachable',
    says: /Vault failed/,
  },
  'a mount that is not there': {
    begin: ({ configure }) => configure({ mount: 'nowhere' }),
    end: ({ configure }) => configure({}),
    state: 'denied',
    says: /Vault has no engine/,
  },
  'a namespace that is not there': {
    begin: ({ configure }) => configure({ namespace: 'nowhere' }),
    end: ({ configure }) => configure({}),
    state: 'denied',
    says: /Vault has no such namespace/,
  },
  'a foreign schema version': {
    begin: async ({ at }) =>
      at.put({ ...(await at.document())?.data, claude_auth_schema_version: 2 }),
    end: async ({ at }) => {
      const { claude_auth_schema_version: _, ...data } = (await at.document())?.data ?? {}
      await at.put(data)
    },
    state: 'denied',
    says: /newer claude-auth/,
  },
}
