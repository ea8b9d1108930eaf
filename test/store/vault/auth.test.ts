// The file with a user's Vault token: whose, how private, and what may be in it.

import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { readSecretFile } from '../../../src/store/vault/auth.js'
import { secretsInText } from '../../kit/secrets.js'
import { told } from '../../kit/told.js'
import { uid, vaultPerson } from '../../kit/vault-person.js'

const nobody = { address: 'http://127.0.0.1:9', caFile: null }

t.test('a token file that must not be used is refused before anything is asked', async t => {
  const alice = vaultPerson(t, nobody)
  const file = alice.tokenFile
  const token = 's.a-token-of-nobody-at-all'
  const elsewhere = join(tmpdir(), `claude-auth-token-${process.pid}`)
  t.teardown(() => rmSync(elsewhere, { force: true }))
  const home = process.env['HOME'] ?? '/'
  t.teardown(() => {
    process.env['HOME'] = home
    delete process.env['VAULT_TOKEN']
  })
  Object.assign(process.env, { HOME: dirname(file), VAULT_TOKEN: token })
  writeFileSync(join(dirname(file), '.vault-token'), token, { mode: 0o600 })
  const cases: [name: string, make: () => void, what: RegExp][] = [
    ['missing', () => {}, /^there is no Vault token \(\/.*; type: \(umask 077; mkdir -p \//],
    ['empty', () => alice.put('\n'), /the token file holds no Vault token/],
    ['several words', () => alice.put(`token ${token}`), /the token file holds no Vault token/],
    [
      'an assignment',
      () => alice.put(`VAULT_TOKEN=${token}`),
      /the token file holds no Vault token/,
    ],
    ['bytes', () => alice.put('\0\x01\xff'.repeat(9)), /the token file holds no Vault token/],
    ['large', () => alice.put('x'.repeat(70_000)), /is larger than 64 KiB/],
    ['a folder', () => mkdirSync(file), /is not a regular file/],
    [
      'readable by others',
      () => {
        alice.put(token)
        chmodSync(file, 0o640)
      },
      /is readable by others; type: chmod 600 /,
    ],
    [
      'a link into a place of others',
      () => {
        writeFileSync(elsewhere, token, { mode: 0o600 })
        symlinkSync(elsewhere, file)
      },
      /^the linked folder is writable by others \(\/.*; type: ls -ld /,
    ],
  ]
  if (uid === 0)
    cases.push([
      'somebody else’s',
      () => {
        alice.put(token)
        chownSync(file, 1001, 1001)
      },
      /belongs to user 1001; type: /,
    ])
  for (const [name, make, what] of cases) {
    rmSync(file, { recursive: true, force: true })
    make()
    const denied = await alice.session().token()
    t.match(told(denied), { kind: 'denied', what }, name)
    t.same(secretsInText(JSON.stringify(denied), [token]), [], name)
  }
  t.same(alice.asked, [])
})

t.test('white space around it does not matter, nor does a link among own files', async t => {
  const folder = t.testdir({ link: t.fixture('symlink', 'real') })
  writeFileSync(join(folder, 'real'), '\n hvs.x \r\n', { mode: 0o400 })
  for (const name of ['real', 'link'])
    t.same(readSecretFile(join(folder, name), uid), { kind: 'text', text: 'hvs.x' })
  t.same(readSecretFile(join(folder, 'none'), uid), { kind: 'missing' })
})
