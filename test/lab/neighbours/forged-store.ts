// A sealed store that somebody else made: what it says of its own key or cipher opens it nowhere.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompactEncrypt, compactDecrypt, generateKeyPair } from 'jose'
import type { Test } from 'tap'
import { sealingKey } from '../../../src/store/seal.js'
import type { Figures } from '../figures.js'
import { placesOf, type Street, skip, street } from './street.js'

const forgedToken = 'sk-ant-oat01-forged-by-somebody-else'
const known = 'What this file holds, others know as well.\n'
const password = new TextEncoder().encode(known)
const header = { alg: 'dir', enc: 'A256GCM' }

interface Forgery {
  /** The store's text. */
  text: string
  /** What a program does that believes the header; it fails where that opens nothing. */
  believing: () => Promise<unknown>
}

type Forge = (document: Uint8Array, here: Street) => Promise<Forgery>

/** Sealed with the bytes of a file that the text names. */
const withFile =
  (path: (here: Street) => string, more = {}): Forge =>
  async (document, here) => {
    const named = path(here)
    const bytes = readFileSync(named.startsWith('/') ? named : join(here.box.home.path, named))
    const key = sealingKey(bytes)
    const text = await new CompactEncrypt(document)
      .setProtectedHeader({ ...header, kid: named, ...more })
      .encrypt(key)
    return { text, believing: () => compactDecrypt(text, key) }
  }

const forgeries: Record<string, Forge> = {
  'sealed with a private file that others know (kid)': withFile(({ box }) =>
    join(box.home.path, '.lesshst'),
  ),
  'sealed with a file for all (kid)': withFile(() => '/etc/passwd'),
  'sealed with an empty file (kid)': withFile(() => '/dev/null'),
  'sealed with a file by a relative path (kid)': withFile(() => '.lesshst'),
  'sealed with the login folder’s own settings (kid)': withFile(({ box }) => box.home.configFile),
  'sealed with a password that it names the salt of (PBES2)': async document => {
    const text = await new CompactEncrypt(document)
      .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM' })
      .encrypt(password)
    const keyManagementAlgorithms = ['PBES2-HS256+A128KW']
    return { text, believing: () => compactDecrypt(text, password, { keyManagementAlgorithms }) }
  },
  'a cost of a minute (PBES2, p2c)': async document => {
    const sealed = await new CompactEncrypt(document)
      .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM' })
      .encrypt(password)
    const [first = '', ...rest] = sealed.split('.')
    const said = JSON.parse(Buffer.from(first, 'base64url').toString()) as object
    const costly = Buffer.from(JSON.stringify({ ...said, p2c: 2_000_000_000 })).toString(
      'base64url',
    )
    return {
      text: [costly, ...rest].join('.'),
      // The cost alone is the attack: that it is taken on shows at a smaller one.
      believing: () =>
        compactDecrypt(sealed, password, { keyManagementAlgorithms: ['PBES2-HS256+A128KW'] }),
    }
  },
  'a key pair of the forger’s, with the public key in it (epk, jwk)': async document => {
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { extractable: true })
    const text = await new CompactEncrypt(document)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'default' })
      .encrypt(publicKey)
    return { text, believing: () => compactDecrypt(text, privateKey) }
  },
  'no cipher at all': async document => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = Buffer.from(document).toString('base64url')
    const text = `${part({ alg: 'none', enc: 'none' })}...${body}.`
    return { text, believing: async () => JSON.parse(Buffer.from(body, 'base64url').toString()) }
  },
  'the plain document': async document => {
    const text = Buffer.from(document).toString()
    return { text, believing: async () => JSON.parse(text) }
  },
}

export async function forgedStore(t: Test, figures: Figures): Promise<void> {
  await t.test('a forged store', { skip, buffered: true }, async t => {
    const here = await street(t, { login: 'valid', config: { custody: 'sole' } })
    const { box } = here
    const { D } = placesOf(here)
    box.home.write(join(box.home.path, '.lesshst'), known)
    await here.settleIn()
    t.match((await here.ensure(['--force'])).stdout, '"verdict":"ok"')
    const own = readFileSync(join(D, 'default.jwe'), 'utf8')
    const login = { ...box.signIn(), accessToken: forgedToken }
    const now = new Date().toISOString()
    const document = Buffer.from(
      JSON.stringify({
        version: 7,
        claude_ai_oauth_json: JSON.stringify(login),
        credential_expires_at_ms: login.expiresAt,
        backed_up_at: now,
      }),
    )
    for (const [name, forge] of Object.entries(forgeries)) {
      const { text, believing } = await forge(document, here)
      for (const file of ['default.jwe', 'default.previous.jwe', 'default.unopened.jwe'])
        writeFileSync(join(D, file), text, { mode: 0o600 })
      rmSync(box.home.paths.loginFile, { force: true })
      await here.settleIn()
      const startMs = performance.now()
      const ended = await here.ensure(['--force'])
      const isLate = performance.now() - startMs > 40_000
      const file = box.home.paths.loginFile
      const text2 = existsSync(file) ? readFileSync(file, 'utf8') : ''
      const isIn = text2.includes(forgedToken) || ended.stdout.includes('"verdict":"ok"')
      const isBelieved = await believing().then(
        () => true,
        () => false,
      )
      figures.attack({
        kind: '9 The sealed store',
        attack: name,
        tried: 1,
        succeeded: isIn || isLate ? [`${ended.stdout} ${ended.stderr}`] : [],
        control: {
          against: 'who believes what the text says of its key',
          succeeded: isBelieved ? 1 : 0,
          tried: 1,
        },
      })
    }
    for (const file of ['default.previous.jwe', 'default.unopened.jwe'])
      rmSync(join(D, file), { force: true })
    writeFileSync(join(D, 'default.jwe'), own, { mode: 0o600 })
    await here.settleIn()
    t.match((await here.ensure(['--force'])).stdout, '"verdict":"ok"', 'the own one opens')
  })
}
