// Opening Vault: what the file of an authority may be, so that none keeps a launch waiting.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { localStore } from '../../../src/store/local.js'
import { openVault } from '../../../src/store/vault/open.js'
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
    const session = { now: Date.now, known: null, remember: () => undefined }
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
