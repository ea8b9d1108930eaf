// Vault as a store: opened, and the shared document with the sealed copy of it.

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { newLineage, nextGeneration } from '../../../src/login/lineage.js'
import { parseLogin, tokenHash } from '../../../src/login/login.js'
import { type StoredLogin, toDocument } from '../../../src/store/document.js'
import { localStore } from '../../../src/store/local.js'
import { openVault, vaultStore } from '../../../src/store/vault/store.js'
import { makeTrouble } from '../../../src/system/trouble.js'
import { sharedMemory } from '../../kit/shared-memory.js'
import { told } from '../../kit/told.js'
import { network } from '../../kit/vault-document-of.js'

t.test('an authority that is no such file is refused at once', async t => {
  const folder = t.testdir()
  const of = (name: string) => join(folder, name)
  execFileSync('mkfifo', [of('fifo')])
  mkdirSync(of('folder'))
  writeFileSync(of('large'), 'x'.repeat(1024 * 1024 + 1))
  writeFileSync(of('small'), 'x'.repeat(1024 * 1024))
  const cache = localStore(
    {
      name: 'default',
      folder: of('store'),
      keyFile: null,
      uid: process.geteuid?.() ?? -1,
      nonce: () => 'nonce',
      randomBytes: count => Buffer.alloc(count, 1),
    },
    () => false,
  )
  const read = (name: string) => {
    const auth = { method: 'token', tokenFile: of('no-token') } as const
    const place = { address: 'http://127.0.0.1:9', namespace: null, mount: 'secret', path: 'x' }
    const config = {
      ...place,
      caCert: of(name),
      template: 'workstation/claude-users/{user}',
      isPerHost: false,
      vaultName: 'alice',
      timeoutMs: 1000,
      auth,
    }
    const session = { now: Date.now, known: null, commit: () => undefined }
    const person = { user: 'alice', uid: process.geteuid?.() ?? -1 }
    return openVault(config, { network, person, session, cache, offline: false }).read()
  }
  for (const [name, what] of [
    ['fifo', /^vault\.caCert is not a regular file \(\/.*fifo\); type: ls -l \/.*fifo$/],
    ['folder', /^vault\.caCert is not a regular file/],
    ['large', /^vault\.caCert is larger than 1 MiB/],
    ['missing', /^vault\.caCert can't be read \(\/.*missing: ENOENT\); type: ls -l /],
  ] as const)
    t.match(told(await read(name)), { kind: 'denied', what }, name)
  mkdirSync(of('shared'))
  chmodSync(of('shared'), 0o777)
  writeFileSync(of('shared/ca'), 'x')
  t.match(
    told(await read('shared/ca')),
    {
      kind: 'denied',
      what: /^vault\.caCert is not trusted: \/\S+ lies open to others: \/.*shared is writable by others; type: chmod go-w /,
    },
    'others could put another in its place',
  )
  t.match(told(await read('small')), { kind: 'denied', what: /no Vault token/ }, 'read')
})

const away = { kind: 'unreachable', trouble: makeTrouble('Vault is sealed') } as const

function stored(name: string, change: Partial<StoredLogin> = {}): StoredLogin {
  const parsed = parseLogin({
    accessToken: `${name}-access`,
    refreshToken: `${name}-refresh`,
    expiresAt: 1_800_000_000_000,
  })
  if (parsed.kind !== 'login') throw new Error('no login')
  return {
    login: parsed.login,
    lineage: newLineage('first', tokenHash(`${name}-refresh`), 1000),
    identity: null,
    loginEndsAtMs: null,
    backedUpAtMs: null,
    signedOutAtMs: null,
    source: '',
    writeId: name,
    intent: null,
    setupToken: null,
    hosts: {},
    ...change,
  }
}

const first = stored('a')
/** The renewal of `first`. */
const second = stored('b', {
  lineage: nextGeneration(first.lineage ?? newLineage('', null, 0), tokenHash('b-refresh')),
})
const signedOut = stored('a', { login: null, signedOutAtMs: 2000 })

function places(t: Test) {
  const shared = sharedMemory()
  const cache = localStore(
    {
      folder: join(t.testdir(), 'store'),
      name: 'default',
      keyFile: null,
      uid: process.geteuid?.() ?? -1,
      nonce: () => randomBytes(4).toString('hex'),
      randomBytes,
    },
    () => false,
  )
  const store = vaultStore(shared, cache, { isShared: true, drift: () => null })
  /** What the store gives, by the access token: `a`, `b here` for the copy on this machine. */
  const read = async () => {
    const found = await store.read()
    if (found.kind !== 'current') return found.kind
    const name = found.stored.login?.accessToken.slice(0, 1) ?? 'signed out'
    return `${name}${found.isCached ? ' here' : ''}${found.away ? ', away' : ''}`
  }
  const both = async (document: StoredLogin | null, copy: StoredLogin | null) => {
    if (document) await shared.change(toDocument(document), shared.version)
    if (copy) await cache.write(copy, 0)
  }
  return { shared, cache, store, read, both }
}

const table: [string, StoredLogin | null, StoredLogin | null, string][] = [
  ['nothing anywhere', null, null, 'empty'],
  ['the document alone', first, null, 'a'],
  ['the copy alone', null, first, 'a here'],
  ['the same in both', first, first, 'a'],
  ['a document that others have renewed', second, first, 'b'],
  ['a copy that is still to be delivered', first, second, 'b here'],
  ['a log-out on another host', signedOut, first, 'signed out'],
  [
    'a sign-in here after that log-out',
    signedOut,
    stored('c', { lineage: newLineage('second', tokenHash('c-refresh'), 3000) }),
    'c here',
  ],
  [
    'a later sign-in elsewhere',
    stored('c', { lineage: newLineage('second', tokenHash('c-refresh'), 3000) }),
    second,
    'c',
  ],
  ['a document from before, of the same login', { ...first, lineage: null }, first, 'a'],
  ['a document from before, of an earlier token', { ...first, lineage: null }, second, 'b here'],
]

for (const [name, document, copy, want] of table)
  t.test(`${name}: ${want}`, async t => {
    const { read, both } = places(t)
    await both(document, copy)
    t.equal(await read(), want)
  })

t.test('while the document is away the copy stands in, if there is one', async t => {
  const { shared, read, both } = places(t)
  shared.trouble = away
  t.equal(await read(), 'unreachable')
  shared.trouble = null
  await both(first, second)
  shared.trouble = away
  t.equal(await read(), 'b here, away')
})

t.test('a login is safe here before the document has it, and also when that is away', async t => {
  const { shared, store, read, both } = places(t)
  await both(first, null)
  shared.trouble = away
  t.same(await store.write(second, 1), away)
  shared.trouble = null
  t.equal(await read(), 'b here')
  t.match(await store.write(second, 1), { kind: 'written', version: 2 })
  t.equal(await read(), 'b')
})

t.test('who lost the check-and-set is told so, and overwrites nothing', async t => {
  const { shared, store, both } = places(t)
  await both(second, null)
  await shared.change({ theirs: 1 }, 1)
  t.match(await store.write(first, 1), { kind: 'conflict' })
  t.match(shared.data, { theirs: 1 })
  t.match(String(shared.data['claude_ai_oauth_json']), 'b-access')
})

t.test('what is already here is not sealed again', async t => {
  const { cache, store } = places(t)
  await store.keep?.(first)
  await store.keep?.(first)
  t.match(await cache.read(), { version: 1 })
})
