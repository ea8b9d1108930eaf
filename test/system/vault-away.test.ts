// Vault that can't be used, in every way: Claude starts in time, one plain line says why, and what is new is delivered later.

import t, { type Test } from 'tap'
import { type OpenBao, openBao } from '../kit/openbao.js'
import {
  client,
  expire,
  firsts,
  isEverywhere,
  isPlainLine,
  launch,
  type Place,
  passTime,
  pendingOf,
  settled,
} from '../kit/settled.js'
import { tokenFileOf } from '../kit/vault-mount.js'

const shared = await openBao(t)
t.jobs = 2

/** A launch may take so long, with what a slow machine adds. */
const longestMs = 10_000 + 10_000

interface Trouble {
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

const troubles: Record<string, Trouble> = {
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

async function serverOf(t: Test, { bao, direct = false }: Trouble) {
  return { bao: (await bao?.(t)) ?? shared, direct }
}

for (const [name, trouble] of Object.entries(troubles))
  for (const [first, { prepare }] of Object.entries(firsts))
    t.test(`${name}, ${first}`, { buffered: true }, async t => {
      const place = await settled(t, 'sole', await serverOf(t, trouble))
      const { box } = place
      await prepare(place)
      await trouble.begin(place)
      const ended = await launch(place)
      t.match(ended, client)
      t.ok(ended.ms < longestMs, `launched in ${Math.round(ended.ms)} ms`)
      isPlainLine(t, ended.stderr, trouble.says)
      await box.settle()
      const login = box.login()
      t.ok(box.authority.accepts(login?.accessToken ?? ''), 'a live login in the file')
      t.equal(login?.refreshToken, null, 'the refresh token is in the sealed copy only')

      const json = await box.ensure(['--force'])
      t.match(json.outcome, {
        verdict: 'attention',
        store: { kind: 'vault', state: trouble.state },
      })
      t.equal(json.code, 4)
      t.same(await box.grepSecrets(ended.stderr + json.stdout + json.stderr), [])
      if (prepare === expire) {
        const plain = await box.command(['ensure'])
        t.equal(plain.code, 4)
        t.match(plain.stdout + plain.stderr, trouble.says)
        t.notMatch(plain.stdout + plain.stderr, /…/, 'nothing is cut off')
      }
      t.not(pendingOf(place), null)

      await trouble.end(place)
      passTime(place)
      t.match(await launch(place), client)
      await box.settle()
      await isEverywhere(t, place)
    })

for (const name of ['hung (SIGSTOP)', 'not there'])
  t.test(`${name}, a new sign-in in shared custody`, { buffered: true }, async t => {
    const trouble = troubles[name]
    if (!trouble) throw new Error(name)
    const place = await settled(t, 'shared', await serverOf(t, trouble))
    const { box } = place
    box.writeLogin(box.signIn())
    await trouble.begin(place)
    t.match(await launch(place), { ...client, stderr: '' }, 'a good login does not wait for Vault')
    await box.settle()
    t.not(pendingOf(place), null)
    const { outcome, code } = await box.ensure()
    // On a slow machine the pause is over by now, and Vault was asked once more.
    t.match(outcome, { verdict: 'attention', store: { state: /^(?:pending|unreachable)$/ } })
    t.equal(code, 4)
    await trouble.end(place)
    passTime(place)
    t.match(await launch(place), client)
    await box.settle()
    await isEverywhere(t, place)
  })

t.test('two sign-ins while Vault is away: both are taken into custody at once', async t => {
  const place = await settled(t, 'sole', { bao: shared })
  const { box, gateway } = place
  await gateway.shut()
  for (const _ of [1, 2]) {
    box.writeLogin(box.signIn())
    t.match(await launch(place), client)
    await box.settle()
    t.equal(box.login()?.refreshToken, null)
    t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
  }
  await gateway.open()
  passTime(place)
  await launch(place)
  await box.settle()
  await isEverywhere(t, place)
})
