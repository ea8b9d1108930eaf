// Every broken login beside a usable copy in Vault: Claude starts, and file and Vault hold a live login afterwards.

import { readFileSync } from 'node:fs'
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser'
import t, { type Test } from 'tap'
import type { ClientLogin } from '../../src/demo/authority.js'
import { newLineage } from '../../src/login/lineage.js'
import { tokenHash } from '../../src/login/login.js'
import type { JsonObject } from '../../src/system/json.js'
import { openBao } from '../kit/openbao.js'
import { localStoreOf } from '../kit/store-of.js'
import { vaultBox } from '../kit/vault-box.js'
import {
  loginIn,
  siteDocument,
  tokenFileOf,
  type VaultMount,
  vaultMount,
} from '../kit/vault-mount.js'
import { custodies, type Wrapped } from '../kit/wrapped.js'

const bao = await openBao(t)
t.jobs = 2

/** What stands around the login, as only a byte for byte copy keeps it. */
const before =
  '{ "mcpOAuth" : {"x|1": {"n": 1.50e3, "dup":1, "dup":"é\\u00e9"}},\n\t"claudeAiOauth":'
const after = ' , "designOauth":[ 1.0,null ],"of the future":{}\r\n}\n'
const framed = (login: ClientLogin) => `${before}${JSON.stringify(login)}${after}`

interface FirstState {
  /** Puts it there; `login` is a sign-in of this user that the store does not know. */
  put(box: Wrapped, login: ClientLogin): void
  lifeMs?: number
  /** The file holds no JSON that could be kept. */
  unframed?: true
}

const states: Record<string, FirstState> = {
  blank: {
    put: (box, login) => {
      const blank = { accessToken: '', refreshToken: '', expiresAt: 0 }
      box.writeLogin(framed({ ...login, ...blank }))
    },
  },
  missing: { put: box => box.writeLogin(null), unframed: true },
  torn: { put: (box, login) => box.writeLogin(framed(login).slice(0, -100)), unframed: true },
  empty: { put: box => box.writeLogin(''), unframed: true },
  'dead grant': {
    lifeMs: -60_000,
    put: (box, login) => {
      box.writeLogin(framed(login))
      box.authority.endFamily(login.accessToken)
    },
  },
  'refused though unexpired': {
    put: (box, login) => {
      box.writeLogin(framed(login))
      box.authority.revokeAccess(login.accessToken)
    },
  },
  'refused though unexpired, its grant too': {
    put: (box, login) => {
      box.writeLogin(framed(login))
      box.authority.endFamily(login.accessToken)
    },
  },
}

/** A document as another host of ours left it. */
function ownDocument(login: ClientLogin): JsonObject {
  const { id, ...lineage } = newLineage('by-another', tokenHash(login.refreshToken ?? ''), 1)
  return {
    ...siteDocument(login),
    claude_auth_lineage: id,
    claude_auth_generation: lineage.generation,
    claude_auth_chain: lineage.chain,
    claude_auth_signed_in_at: Date.now() - 3_600_000,
    claude_auth_write_id: 'of another',
    claude_auth_source: 'me@another sign-in',
  }
}

/** The launch, and that all is well with file, sealed copy and Vault afterwards. */
async function launchesWell(
  t: Test,
  box: Wrapped,
  at: VaultMount,
  custody: string,
  stderr: RegExp = /^$/,
) {
  const ended = await box.launch(['-p', 'hi'], { env: { CLIENT_EXIT: '7' } })
  t.match(ended, { code: 7, stdout: /^client: -p hi\n$/, stderr })
  await box.settle()
  const inFile = box.login()
  const inVault = loginIn((await at.document())?.data)
  t.ok(inFile && box.authority.accepts(inFile.accessToken), 'a live login in the file')
  t.equal(inVault?.accessToken, inFile?.accessToken, 'the same in Vault')
  if (custody === 'sole') {
    const sealed = await localStoreOf(box).read()
    const stored = sealed.kind === 'current' ? sealed.stored.login : null
    t.equal(stored?.accessToken, inFile?.accessToken, 'the same in the sealed store')
    t.equal(stored?.refreshToken, inVault?.refreshToken)
    t.equal(inFile?.refreshToken, null)
    t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
  } else t.equal(inVault?.refreshToken, inFile?.refreshToken)
  const asked = box.authority.counts().tokenRequests
  const again = await box.ensure()
  t.match(again.outcome, { verdict: 'ok', store: { kind: 'vault', state: 'current' } })
  t.equal(box.authority.counts().tokenRequests, asked, 'nothing is left to do')
  t.same(await box.grepSecrets(again.stdout + again.stderr), [])
  t.same(box.ourReuses(), [])
  t.equal(box.authority.counts().reuses, 0)
  t.ok(await isLive(box, inVault), 'its refresh token is good')
}

/** Spends the refresh token. */
async function isLive({ authority }: Wrapped, login: ClientLogin | null): Promise<boolean> {
  const reply = await fetch(`${authority.url}/v1/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'refresh_token',
      refresh_token: login?.refreshToken,
      client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
    }),
  })
  return reply.status === 200
}

async function boxAt(t: Test, at: VaultMount, custody: string): Promise<Wrapped> {
  const box = await vaultBox(t, bao, {
    login: 'none',
    config: { custody },
    vault: { mount: at.mount, timeout: '5s' },
  })
  box.home.write(tokenFileOf(box), `${at.token}\n`)
  return box
}

const stored = { 'still good': undefined, expired: -1000 }

for (const custody of custodies)
  for (const [copy, lifeMs] of Object.entries(stored))
    for (const [name, state] of Object.entries(states)) {
      t.test(`${name}, the copy in Vault ${copy}, ${custody}`, { buffered: true }, async t => {
        const at = await vaultMount(bao)
        const box = await boxAt(t, at, custody)
        await at.put(ownDocument(box.signIn(lifeMs)))
        state.put(box, box.signIn(state.lifeMs))
        // MCP logins leave the file with what is torn, and that is said.
        const torn = /^claude-auth: A broken login file was put aside, MCP logins too\.[^\n]*\n$/
        await launchesWell(t, box, at, custody, name === 'torn' ? torn : undefined)
        if (state.unframed) return
        const text = readFileSync(box.home.paths.loginFile, 'utf8')
        t.ok(text.startsWith(before) && text.endsWith(after), 'siblings byte for byte')
      })
    }

/** What another host left in the document after it renewed the login that this host knows. */
function renewedElsewhere(data: JsonObject, next: ClientLogin): JsonObject {
  const chain = data['claude_auth_chain'] as string[]
  return {
    ...data,
    ...siteDocument(next),
    claude_auth_generation: Number(data['claude_auth_generation']) + 1,
    claude_auth_chain: [...chain, tokenHash(next.refreshToken ?? '')],
    claude_auth_write_id: 'of another',
  }
}

const left: Record<string, (box: Wrapped) => void> = {
  'as it was': () => undefined,
  blank: box => box.blank(),
  missing: box => box.writeLogin(null),
}

for (const custody of custodies)
  for (const [name, leave] of Object.entries(left))
    t.test(
      `renewed by another host since, the file ${name}, ${custody}`,
      { buffered: true },
      async t => {
        const at = await vaultMount(bao)
        const box = await boxAt(t, at, custody)
        const known = box.signIn()
        box.writeLogin(known)
        await box.ensure()
        const { data = {} } = (await at.document()) ?? {}
        await at.put(renewedElsewhere(data, box.signIn()))
        box.authority.endFamily(known.accessToken)
        leave(box)
        await box.ensure(['--force'])
        t.equal(box.authority.counts().tokenRequests, 0, 'taken over, with nothing spent')
        await launchesWell(t, box, at, custody)
      },
    )

/** Keys of somebody else, of every type that JSON has, and numbers that a parser would change. */
const others = [
  '"team":"é\\"\\\\/"',
  '"count":0',
  '"big":12345678901234567890123',
  '"half":-1.50e-7',
  '"on":true',
  '"off":false',
  '"list":[1,"two",null,[],{}]',
  '"nested":{"":{},"deep":{"deeper":["x",1.0]}}',
  '"":"no name"',
  '"setup_token":"sk-ant-oat01-long-lived-of-the-site"',
]

/** Writes the document as it is given, and reads it: each key with the text of its value. */
async function members(at: VaultMount, body?: string): Promise<Map<string, string>> {
  const url = `${bao.address}/v1/${at.place}`
  const headers = { 'x-vault-token': bao.rootToken }
  if (body !== undefined) await fetch(url, { method: 'POST', headers, body })
  const text = await (await fetch(url, { headers })).text()
  const found = findNodeAtLocation(parseTree(text) as Node, ['data', 'data'])
  return new Map(
    found?.children?.map(({ children: [key, value] = [] }) => [
      String(key?.value),
      text.slice(value?.offset, (value?.offset ?? 0) + (value?.length ?? 0)),
    ]),
  )
}

for (const custody of custodies)
  for (const patch of [false, true])
    for (const first of ['in the file too', 'expired', 'missing'] as const)
      t.test(
        `a document as sites have it, ${first}, ${patch ? '' : 'no '}patch, ${custody}`,
        { buffered: true },
        async t => {
          const at = await vaultMount(bao, { patch })
          const box = await boxAt(t, at, custody)
          const login = box.signIn(first === 'expired' ? -1000 : undefined)
          const ours = JSON.stringify(siteDocument(login)).slice(1, -1)
          const written = await members(at, `{"data":{${[...others, ours].join(',')}}}`)
          if (first !== 'missing') box.writeLogin(framed(login))
          await launchesWell(t, box, at, custody)
          const now = await members(at)
          t.equal(written.size, others.length + 3)
          for (const [key, value] of written)
            if (!Object.hasOwn(siteDocument(login), key)) t.equal(now.get(key), value, key)
          const { data = {} } = (await at.document()) ?? {}
          t.equal(loginIn(data)?.expiresAt, data['credential_expires_at_ms'])
          t.match(data['backed_up_at'], /^\d{4}-\d\d-\d\dT/)
        },
      )
