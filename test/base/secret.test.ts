// What in a shared file passes for a credential, and what skills and documents may say.

import { createHash } from 'node:crypto'
import t from 'tap'
import { secretIn, secretName } from '../../src/base/secret.js'

const found = (text: string) => secretIn(Buffer.from(text))

/** As they stand in public skills, agents and rules. */
const samples = [
  'see #global-configuration-and-settings and glossary-of-terms-and-abbreviations',
  'postgres://user:password@localhost:5432/mydb',
  'postgresql://postgres:postgres@db:5432/app',
  'postgresql://staging_user:staging_pass@db',
  'amqp://guest:guestguest@localhost',
  `sk-ant-api03-${'x'.repeat(24)}`,
  `https://hooks.slack.com/services/T00000000/B00000000/${'X'.repeat(24)}`,
  'token = "https://auth.site.net/oauth/token"',
  'TOKEN="op://vault/item/password"',
  'private_key: "/keys/id_ed25519"',
  'token: "short-lived-token"',
  "token' : 'authjs.session-token'",
  'secret: "harbor-client-secret"',
  'api_key: "klingai_proj_product_key"',
  'password = "com.app.refreshToken"',
  'TOKEN = "Orchestrator.StartAgentJob"',
  'AUTH_KEY = "new-key-from-branch-b"',
  'TOKEN: "hostile-npm-token"',
  "password: 'SecurePassword123!'",
  "password='MySecureP@ssw0rd123!'",
  'SECRET: "super-secret-key-that-is-at-least-32-chars"',
  'API_KEY = "sk-1234567890abcdef"',
  "apiKey = 'sk_live_abc123xyz456'",
  'Token: "sk-live-abc123def456ghi789"',
  "TOKEN = 'testtoken-server-0123456789abcdef'",
  'ghp_1234567890abcdefghijklmnopqrstuvwxyzAB',
  'github_pat_abcdefghijklmnopqrstuvwxyz123456',
  'AIzaSyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q',
  'AKIAEXPOSEDKEY123456',
  'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYPRODUCTIONKEY',
  'Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...',
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV',
  'Authorization: Basic dGFybzpwYXNzd29yZA==\nuser: taro, see example',
  'SECRET: c3VwZXItc2VjcmV0LWtleQ==',
  'apiKey: process.env.MEM0_API_KEY',
  'Secret = env.AUTH0_CLIENT_SECRET',
  '-----BEGIN EC PRIVATE KEY-----\nMHQCAQEEIBkg4LVWM...\n-----END EC PRIVATE KEY-----',
  'password="[newSecurePassword]"',
  'token: "device-token-for-one-xxx"',
]

t.test('samples, names and words are no credentials', async t => {
  for (const text of samples) t.equal(found(text), null, text)
  for (const name of ['.env.schema', '.env.example']) t.equal(secretName(name), false, name)
})

t.test('what was minted or chosen is', async t => {
  const random = 'q7Zt2LwV9sKd4RfXb8Nh'
  for (const [text, what] of [
    [`glpat-${random}`, 'a token of GitLab'],
    [`postgres://app:${random}@db.site.net/app`, 'a password in an address'],
    ['postgres://app:kQ7ppzzW@db.site.net/app', 'a password in an address'],
    ['socks5h://u_0E4k7kJ6:p_z2HsXTEXJHYiobwCcfOaU1Y@192.0.2.7', 'a password in an address'],
    [`sk-ant-api03-${random}${random}`, 'a token of Anthropic'],
    ['AKIAQ7ZTLWV4SKDRFXBN', 'a key of AWS'],
    ['password: "Sommer2024Berlin!"', 'a password or key'],
    ['password: "CompanySecret2024!"', 'a password or key'],
    ['password: "BerlinOffice1234"', 'a password or key'],
    ['password: "correct-horse-battery-staple"', 'a password or key'],
    ['password: "CorrectHorseBatteryStaple"', 'a password or key'],
    ['password: "kxqz-wmvb-plsr-ghty"', 'a password or key'],
    ['token: "abcd-sane-moon-rule"', 'a password or key'],
    [`token: "https://site.net/in?key=${random}"`, 'a password or key'],
    [`secret: "/${random}/${random}"`, 'a password or key'],
    ['secret: "3f2504e0-4f89-41d3-9a0c-0305e82c3301"', 'a password or key'],
  ] as const)
    t.equal(found(text), what, text)
})

t.test('nothing random is taken for a sample', async t => {
  const alphabets = {
    base62: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
    base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
    base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
    hex: '0123456789abcdef',
  }
  for (const [name, alphabet] of Object.entries(alphabets))
    for (let at = 0; at < 3_000; at++) {
      const bytes = createHash('sha512').update(`${name} ${at}`).digest()
      const length = 20 + (at % 25)
      const value = Array.from(bytes.subarray(0, length), each => alphabet[each % alphabet.length])
      if (found(`password: "${value.join('')}"`) === null) t.fail(`${name}: ${value.join('')}`)
    }
})
