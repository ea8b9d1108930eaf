// What in a shared file passes for a credential, and what skills and documents may say.

import { createHash } from 'node:crypto'
import t from 'tap'
import { secretIn, secretName } from '../../src/base/secret.js'

const found = (text: string) => secretIn(Buffer.from(text))

const random = 'Kd03LqWe77hQ3kx81LmZp2'

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

/** A sample does not excuse what stands beside it; a name and a word do not excuse a password that a person chose. */
const body = `${'lQOYBGNJdQ4BCADKd03LqWe77hQ3kx81LmZp2s9Rt4Vb6Ny8Mu0Ki2Jo4Hp6Gq8F'}\n`.repeat(6)
const armor = (headers: string, start = '') =>
  `-----BEGIN PGP PRIVATE KEY BLOCK-----\n${headers}\n${body}-----END PGP PRIVATE KEY BLOCK-----`.replace(
    /^/gm,
    start,
  )
const basic = (login: string) => `Authorization: Basic ${Buffer.from(login).toString('base64')}`

const real: Record<string, readonly string[]> = {
  'a private key': [
    armor('Version: BCPG v1.58\n'),
    armor('Version: GnuPG v2.0.22 (GNU/Linux)\nComment: https://openpgpjs.org\n'),
    armor('Comment: for example, your key (2.0) ...\n'),
    armor('Version: BCPG v1.58\n', '> '),
    armor('Version: BCPG v1.58\n', '# '),
    `{"kty":"EC","kid":"example","d":"${random}${random}"}`,
  ],
  'a password or key': [
    ...[
      ...['vars', 'env', 'self', 'this', 'config', 'secrets', 'process.env'].map(
        name => `${name}.${random}`,
      ),
      'vars.kd03lqwe77hq3kx81lmzp2',
      'env.KD23LQWE77HQ3KX41LMZP2',
      `@${random}`,
      `[${random}]`,
      `%${random}%`,
      'Kd03LqxxxxxWe77hQ3kx81',
      `xxxxxxxx${random}`,
      `00000000${random}`,
      `your-${random}`,
      `example-${random}`,
      `${random}-xxx`,
      `${random}...`,
      `eyJ...${random}`,
      `12345678${random}`,
    ].map(value => `token: "${value}"`),
    ...[
      'SunshineButterfly',
      'correct-horse-battery',
      'butterfly.sunshine.rain',
      'ProductionAdmin2024!',
      'ProductionAdminServer!',
      'SuperSecretProd#8471',
      'SecurePassword2024!',
      'MySecretPassword97',
      'Sunshine12345678',
      'SunshineSecretGarden',
      Buffer.from('sunshine butterfly').toString('base64'),
    ].map(value => `password: "${value}"`),
    'secret: "SunshineButterfly"',
    'token: "SunshineButterfly"',
    'token: "https://site.net/in?key=Kd03LqWe77hQ3"',
  ],
  'a password in an address': [
    'postgres://app:prodDatabase2024@db.corp.net/app',
    'postgres://app:SuperSecret@db.corp.net/app',
    'postgres://postgres:postgres@db.corp.net/app',
    `postgres://app:${random}@db.example-corp.net/app`,
    `postgres://app:${random}@localhost/app`,
    `postgres://example:${random}@10.0.0.4/app`,
    'postgres://app:butterfly99@[2001:db8:0:1::7]:5432/app',
  ],
  'a login of a server': [
    `machine git.yourcompany.com login bob password ${random}`,
    `machine git.example-corp.net login <you> password ${random}`,
    'machine git.corp.net login your-user password butterfly99',
    'machine git.corp.net login bob password sunshine',
  ],
  'a login of a registry': [
    `{"auths": {"registry.example.com": {"auth": "${Buffer.from('deploy:butterfly').toString('base64')}"}}}`,
    `//npm.example.com/:_authToken=${random}`,
  ],
  'a token': [
    basic('alice:butterfly'),
    basic('deploy:correcthorse'),
    basic('deploy:ProductionAdmin2024'),
    basic(`example-user:${random}`),
    basic(`${random}:`),
    `Authorization: Bearer env.${random}`,
    `{"refresh_token": "your-${random}"}`,
  ],
  'an API key': [`sk-proj-${random}${random}`],
}

t.test('a sample excuses nothing but itself, and a word no password', async t => {
  for (const [what, texts] of Object.entries(real))
    for (const text of texts) t.equal(found(text), what, text)
})

t.test('what stands for a credential is none', async t => {
  for (const text of [
    'token: "vars.DEPLOY_TOKEN_V2"',
    'token: "env.AUTH0_CLIENT_SECRET"',
    'token: "self.settings.api_token"',
    'token: "@secure_token_ref"',
    'token: "xxxxxxxxxxxxxxxxxxxx"',
    'token: "ghp_xxxxxxxxxxxxxxxxWxYz"',
    'token: "your-api-key-goes-here"',
    'token: "AKIAIOSFODNN7EXAMPLE"',
    'AKIAIOSFODNN7EXAMPLE',
    'token: "sk-ant-api03-Ab..."',
    'Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0...',
    'password: "my-database-password"',
    'password: "YOUR_DATABASE_PASSWORD"',
    'postgres://app:yourpassword@db.corp.net/app',
    'postgres://username:password@host.domain.com/app',
    'postgres://app:password123@db.example.com/app',
    'machine git.corp.net login bob password <your-token>',
    'machine git.corp.net login bob password $GIT_TOKEN',
    'machine git.corp.net login bob password your-password',
    basic('user:password'),
    basic('Aladdin:open sesame'),
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq...\n-----END PRIVATE KEY-----',
  ])
    t.equal(found(text), null, text)
})

const contexts = (value: string) => [
  `password: "${value}"`,
  `machine git.yourcompany.com login bob password ${value}`,
  basic(`example:${value}`),
]

t.test('nothing random is taken for a sample', async t => {
  const alphabets = {
    base62: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
    base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
    base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
    hex: '0123456789abcdef',
    signs: 'abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ23456789!#%&()*+,-./:;=?@[]^_|}~',
  }
  for (const [name, alphabet] of Object.entries(alphabets))
    for (let at = 0; at < 3_000; at++) {
      const bytes = createHash('sha512').update(`${name} ${at}`).digest()
      const length = 20 + (at % 25)
      const value = Array.from(bytes.subarray(0, length), each => alphabet[each % alphabet.length])
      for (const text of contexts(value.join('')))
        if (found(text) === null) t.fail(`${name}: ${text}`)
    }
})
