// Which credential wins over the login, in the client's order.

import { createHash } from 'node:crypto'
import t from 'tap'
import type { ClientSettings } from '../../src/login/client-settings.js'
import {
  credentialVariables,
  type Shape,
  variablesThatLeaveTheLogin,
} from '../../src/login/credential-table.js'
import {
  type CredentialFiles,
  otherCredential,
  standInCredential,
} from '../../src/login/credentials.js'
import type { Env } from '../../src/system/paths.js'
import { settingsOf } from './settings-of.js'

const none = settingsOf()
const nothing: CredentialFiles = { profile: null, storedKey: null }
const helper = settingsOf({ scope: 'user', apiKeyHelper: '/bin/key' })
const inSettings = (env: Record<string, string>) => settingsOf({ scope: 'project', env })

const table: [name: string, env: Env, settings: ClientSettings, wins: string | null][] = [
  ['nothing', {}, none, null],
  ['an empty key', { ANTHROPIC_API_KEY: '' }, none, null],
  ['an API key', { ANTHROPIC_API_KEY: 'k' }, none, 'ANTHROPIC_API_KEY from the environment'],
  [
    'a key in settings',
    {},
    inSettings({ ANTHROPIC_API_KEY: 'k' }),
    'ANTHROPIC_API_KEY in /project.json',
  ],
  [
    'a key in both',
    { ANTHROPIC_API_KEY: 'k' },
    inSettings({ ANTHROPIC_API_KEY: 'l' }),
    'ANTHROPIC_API_KEY in /project.json',
  ],
  [
    'a key that settings empty',
    { ANTHROPIC_API_KEY: 'k' },
    inSettings({ ANTHROPIC_API_KEY: '' }),
    null,
  ],
  ['a helper', {}, helper, 'apiKeyHelper in /user.json'],
  ['a helper and a key', { ANTHROPIC_API_KEY: 'k' }, helper, 'apiKeyHelper in /user.json'],
  [
    'a token and a helper',
    { ANTHROPIC_AUTH_TOKEN: 't' },
    helper,
    'ANTHROPIC_AUTH_TOKEN from the environment',
  ],
  [
    'a provider and everything else',
    {
      CLAUDE_CODE_USE_BEDROCK: '1',
      ANTHROPIC_AUTH_TOKEN: 't',
      ANTHROPIC_API_KEY: 'k',
      CLAUDE_CODE_OAUTH_TOKEN: 'o',
    },
    helper,
    'CLAUDE_CODE_USE_BEDROCK from the environment',
  ],
  [
    'a provider in settings',
    {},
    inSettings({ CLAUDE_CODE_USE_VERTEX: 'true' }),
    'CLAUDE_CODE_USE_VERTEX in /project.json',
  ],
  ['a provider switched off', { CLAUDE_CODE_USE_BEDROCK: '0' }, none, null],
  [
    'simple and an OAuth token',
    { CLAUDE_CODE_SIMPLE: '1', CLAUDE_CODE_OAUTH_TOKEN: 'o' },
    none,
    'CLAUDE_CODE_SIMPLE from the environment',
  ],
  [
    'simple and a helper',
    { CLAUDE_CODE_SIMPLE: '1' },
    helper,
    'CLAUDE_CODE_SIMPLE from the environment',
  ],
  [
    'simple and a key',
    { CLAUDE_CODE_SIMPLE: '1', ANTHROPIC_API_KEY: 'k' },
    none,
    'ANTHROPIC_API_KEY from the environment',
  ],
  [
    'a key and an OAuth token',
    { ANTHROPIC_API_KEY: 'k', CLAUDE_CODE_OAUTH_TOKEN: 'o' },
    none,
    'ANTHROPIC_API_KEY from the environment',
  ],
  [
    'an OAuth token',
    { CLAUDE_CODE_OAUTH_TOKEN: 'o' },
    none,
    'CLAUDE_CODE_OAUTH_TOKEN from the environment',
  ],
]

for (const [name, env, settings, wins] of table)
  t.test(`with ${name}, ${wins ?? 'the login'} wins`, async t => {
    t.equal(otherCredential(env, settings, nothing)?.wins ?? null, wins)
  })

t.test('every cloud provider counts, in the spellings the client takes for true', async t => {
  const providers = ['BEDROCK', 'VERTEX', 'FOUNDRY', 'ANTHROPIC_AWS', 'MANTLE']
  for (const provider of providers)
    for (const yes of ['1', 'true', 'TRUE', 'yes', 'on', ' on '])
      t.match(otherCredential({ [`CLAUDE_CODE_USE_${provider}`]: yes }, none, nothing), {
        kind: 'cloud-provider',
        from: 'environment',
      })
  for (const no of ['0', 'false', 'no', 'off', 'x', ''])
    t.equal(otherCredential({ CLAUDE_CODE_USE_BEDROCK: no }, none, nothing), null, no)
})

t.test('an OAuth token is told by its full hash, and never shown', async t => {
  const token = 'sk-ant-oat01-made-up'
  const found = otherCredential({ CLAUDE_CODE_OAUTH_TOKEN: token }, none, nothing)
  t.equal(found?.kind, 'oauth-token-env')
  t.equal(found?.tokenHash, createHash('sha256').update(token).digest('hex'))
  t.notMatch(JSON.stringify(found), token)
})

const environment = (name: string) => `${name} from the environment`

t.test('every variable of the table counts as its shape says', async t => {
  const examples: Record<Shape, { counts: string[]; not: string[] }> = {
    text: { counts: ['x', '0'], not: [''] },
    switch: { counts: ['1', 'yes'], not: ['', '0', 'x'] },
    'authorization-header': {
      counts: ['Authorization: Bearer x', 'x-team: a\nauthorization:y', 'Authorization:'],
      not: ['', 'x-api-key: k', 'x-team: Authorization: a', 'Proxy-Authorization: Basic a'],
    },
    profile: { counts: [], not: ['', 'work'] },
  }
  t.ok(credentialVariables.length >= 18)
  for (const { name, shape, with: other, effect } of credentialVariables) {
    const judge = effect === 'maybe' ? standInCredential : otherCredential
    const beside: Env = other === undefined ? {} : { [other]: 'o' }
    for (const value of examples[shape].counts)
      t.equal(judge({ [name]: value, ...beside }, none, nothing)?.wins, environment(name), value)
    for (const value of examples[shape].not)
      t.equal(judge({ [name]: value, ...beside }, none, nothing), null, `${name}=${value}`)
    if (other !== undefined) t.equal(judge({ [name]: 'x' }, none, nothing), null, `${name} alone`)
  }
})

t.test('variables that only look like it leave the login alone', async t => {
  t.ok(variablesThatLeaveTheLogin.length >= 12)
  for (const name of variablesThatLeaveTheLogin)
    for (const judge of [otherCredential, standInCredential])
      t.equal(judge({ [name]: '1' }, none, nothing), null, name)
})

t.test('a profile and a stored key sign where they can', async t => {
  const file = '/home/a/.config/anthropic/configs/work.json'
  const federated: CredentialFiles = { profile: { file, signs: 'always' }, storedKey: null }
  t.equal(otherCredential({}, none, federated)?.wins, `Profile in ${file}`)
  t.equal(
    otherCredential({ ANTHROPIC_PROFILE: 'work' }, none, federated)?.wins,
    environment('ANTHROPIC_PROFILE'),
  )
  const own: CredentialFiles = { profile: { file, signs: 'no-login' }, storedKey: '/c.json' }
  t.equal(otherCredential({}, none, own), null)
  t.match(standInCredential({}, none, own), { wins: `Profile in ${file}`, when: 'no-login' })
  t.match(standInCredential({}, none, { ...own, profile: null }), {
    kind: 'stored-key',
    wins: 'primaryApiKey in /c.json',
    when: 'no-login',
  })
})
