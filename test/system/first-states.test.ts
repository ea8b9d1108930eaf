// Every state a login can be found in, with every store beside it: the right verdict, and Claude starts.

import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ClientLogin } from '../../src/demo/authority.js'
import { realClient } from '../kit/real-clients.js'
import { localStoreOf } from '../kit/store-of.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

const newer = realClient('new')
t.jobs = 2

/** What stands around the login, as only a byte for byte copy keeps it. */
const before =
  '{ "mcpOAuth" : {"x|1": {"n": 1.50e3, "dup":1, "dup":"é\\u00e9"}},\n\t"claudeAiOauth":'
const after = ' , "designOauth":[ 1.0,null ],"of the future":{}\r\n}\n'
const framed = (login: ClientLogin) => `${before}${JSON.stringify(login)}${after}`

const hourMs = 3_600_000
const stores = ['with a good copy', 'with an expired copy', 'empty'] as const
type StoreState = (typeof stores)[number]

interface FirstState {
  /** Puts the login there; `login` is a new sign-in that nobody knows. */
  put(box: Wrapped, login: ClientLogin): void
  lifeMs?: number
  /** The reason why somebody has to sign in, where it is so. */
  signIn?: (store: StoreState, custody: string) => string | null
  /** The file holds no JSON that could be kept. */
  unframed?: true
}

const whenEmpty = (because: string) => (store: StoreState) => (store === 'empty' ? because : null)
const loginLost = whenEmpty('login-lost')

const states: Record<string, FirstState> = {
  valid: { put: (box, login) => box.writeLogin(framed(login)) },
  'past half': { lifeMs: 3 * hourMs, put: (box, login) => box.writeLogin(framed(login)) },
  expired: { lifeMs: -60_000, put: (box, login) => box.writeLogin(framed(login)) },
  dead: {
    lifeMs: -60_000,
    put: (box, login) => {
      box.writeLogin(framed(login))
      box.authority.endFamily(login.accessToken)
    },
    signIn: whenEmpty('grant-refused'),
  },
  revoked: {
    put: (box, login) => {
      box.writeLogin(framed(login))
      box.authority.revokeAccess(login.accessToken)
    },
  },
  blank: {
    put: (box, login) => {
      const blank = { accessToken: '', refreshToken: '', expiresAt: 0 }
      box.writeLogin(framed({ ...(box.login() ?? login), ...blank }))
    },
    // Shared: the client blanked it because the very grant that the store holds was refused.
    signIn: (store, custody) => {
      if (store === 'empty') return 'login-lost'
      return store === 'with an expired copy' && custody === 'shared' ? 'grant-refused' : null
    },
  },
  missing: {
    put: box => box.writeLogin(null),
    signIn: whenEmpty('never-signed-in'),
    unframed: true,
  },
  torn: {
    put: (box, login) => box.writeLogin(framed(login).slice(0, -100)),
    signIn: loginLost,
    unframed: true,
  },
  empty: { put: box => box.writeLogin(''), signIn: loginLost, unframed: true },
  'larger than 1 MB, and binary': {
    put: (box, login) => box.writeLogin(framed(login) + '\0'.repeat(1024 * 1024)),
    signIn: loginLost,
    unframed: true,
  },
  'behind a link': {
    put: (box, login) => {
      const target = join(box.home.path, 'elsewhere', 'login.json')
      box.home.write(target, framed(login))
      rmSync(box.home.paths.loginFile, { force: true })
      symlinkSync(target, box.home.paths.loginFile)
    },
  },
  'long-lived': {
    put: box => box.writeLogin(framed(box.authority.mintLongLived(box.user))),
  },
  none: {
    put: box => {
      rmSync(box.home.paths.folder, { recursive: true })
      mkdirSync(box.home.paths.folder, { mode: 0o700 })
    },
    signIn: whenEmpty('never-signed-in'),
    unframed: true,
  },
}

/** Leaves a login in the store, as a machine that was used before has it. */
async function fill(box: Wrapped, state: StoreState) {
  if (state === 'empty') return
  box.writeLogin(framed(box.signIn()))
  await box.ensure()
  if (state === 'with a good copy') return
  const store = localStoreOf(box)
  const found = await store.read()
  if (found.kind !== 'current' || !found.stored.login) throw new Error('the store is empty')
  const { stored, version } = found
  box.authority.expireAccess(found.stored.login.accessToken)
  const login = { ...found.stored.login, expiresAtMs: Date.now() - 1000 }
  await store.write({ ...stored, login }, version)
}

for (const custody of custodies)
  for (const store of stores)
    for (const [name, state] of Object.entries(states)) {
      const title = `${name}, store ${store}, ${custody}`
      t.test(title, { skip: newer.skip, buffered: true }, async t => {
        const box = await wrapped(t, {
          login: 'none',
          via: 'proxy',
          config: { custody },
          // Keeps what the client finds, and is the real one.
          client: `#!/bin/sh\ncp ~/.claude/.credentials.json ~/found 2>/dev/null\nexec '${newer.path}' "$@"\n`,
        })
        await fill(box, store)
        state.put(box, box.signIn(state.lifeMs))
        const before_ = box.authority.counts().tokenRequests
        const { code, stdout, stderr } = await box.launch(['-p', 'hi'])
        await box.settle()
        const { outcome } = await box.ensure()
        const because = state.signIn?.(store, custody) ?? null
        if (because === null) {
          t.match(outcome, { verdict: 'ok' })
          t.same({ code, stdout }, { code: 0, stdout: 'Hello.\n' })
          // What leaves the file with its broken text is said.
          t.match(
            stderr,
            isBroken(name) ? /^claude-auth: A broken login file was put aside[^\n]*\n$/ : /^$/,
          )
          t.equal(box.tokenRequests().theirs.length, 0)
          if (custody === 'sole') t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
        } else {
          t.match(outcome, { verdict: 'sign-in', because })
          t.match(stdout, /Not logged in|session expired|401/, 'the client was started')
          t.match(stderr, /^(claude-auth: [^\n]+\n){2,6}$/)
        }
        if (!state.unframed) {
          const found = readFileSync(join(box.home.path, 'found'), 'utf8')
          t.ok(found.startsWith(before) && found.endsWith(after), 'siblings byte for byte')
        }
        t.same(box.ourReuses(), [])
        t.equal(box.authority.counts().reuses, 0)
        t.ok(box.tokenRequests().ours.length - before_ <= 2)
        t.same(await box.grepSecrets(stdout + stderr + JSON.stringify(outcome)), [])
      })
    }

/** Not even its siblings can be told from such a file. */
function isBroken(name: string): boolean {
  return name === 'torn' || name === 'larger than 1 MB, and binary'
}
