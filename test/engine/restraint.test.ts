// When a run must hold back: switched off, only observing, offline, not ours, or signed by something else.

import { chownSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Engine, type EngineOptions, engine, hourMs, storyOf } from '../kit/engine.js'

/** Every file of the home with its bytes and time, but for our own notes. */
function snapshot({ home }: Engine): Record<string, string> {
  const entries = readdirSync(home.path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  const theirs = files.filter(
    path =>
      !/\.claude-auth\/(state\.json|journal\.jsonl|config\.json|last\.json|short)$/.test(path),
  )
  return Object.fromEntries(
    theirs.map(path => [path, `${statSync(path).mtimeMs} ${readFileSync(path, 'latin1')}`]),
  )
}

const cases: [string, EngineOptions, object][] = [
  ['off', { login: 'expired', config: { mode: 'off' } }, { because: 'off', verdict: 'ok' }],
  [
    'observing an ended login',
    { login: 'expired', config: { mode: 'observe' } },
    { because: 'observe' },
  ],
  [
    'observing a login in plain text',
    { config: { mode: 'observe', custody: 'sole' } },
    { because: 'observe' },
  ],
  [
    'observing nothing',
    { login: 'none', config: { mode: 'observe' } },
    { because: 'never-signed-in' },
  ],
  [
    'an API key',
    { login: 'expired', env: { ANTHROPIC_API_KEY: 'key' } },
    { because: 'other-credential', credential: 'other' },
  ],
  [
    'a token in the environment',
    { login: 'none', env: { CLAUDE_CODE_OAUTH_TOKEN: 'x' } },
    { because: 'other-credential' },
  ],
  [
    'a header of one’s own',
    { login: 'blank', env: { ANTHROPIC_CUSTOM_HEADERS: 'Authorization: Bearer x' } },
    { because: 'other-credential' },
  ],
  [
    'a federation',
    {
      login: 'dead',
      env: { ANTHROPIC_FEDERATION_RULE_ID: 'r', ANTHROPIC_ORGANIZATION_ID: 'o' },
    },
    { because: 'other-credential' },
  ],
  [
    'another provider',
    { login: 'dead', env: { CLAUDE_CODE_USE_BEDROCK: '1' } },
    { because: 'other-credential' },
  ],
]
for (const [name, options, expected] of cases)
  t.test(`${name}: nothing is asked, nothing is changed`, async t => {
    const at = await engine(t, options)
    const before = snapshot(at)
    const outcome = await at.ensure()
    t.match(outcome, expected)
    await at.ensure({ forced: true })
    t.same(at.authority.requests, [])
    t.same(snapshot(at), before)
  })

t.test('a federation’s profile: nothing is asked, nothing is changed', async t => {
  const at = await engine(t, { login: 'blank' })
  const profile = join(at.home.path, '.config/anthropic/configs/default.json')
  at.home.write(profile, JSON.stringify({ authentication: { type: 'oidc_federation' } }))
  const before = snapshot(at)
  t.match(await at.ensure(), { verdict: 'ok', because: 'other-credential' })
  t.same(at.authority.requests, [])
  t.same(snapshot(at), before)
})

for (const login of ['none', 'blank'] as const)
  t.test(`a stored API key and a login that is ${login}: nobody is called`, async t => {
    const at = await engine(t, { login })
    at.home.write(at.home.paths.clientConfig, JSON.stringify({ primaryApiKey: 'key' }))
    t.match(await at.ensure(), { verdict: 'ok', because: 'other-credential', credential: 'other' })
    at.writeLogin(at.signIn())
    t.match(await at.ensure(), { verdict: 'ok', because: 'fresh', credential: 'login' })
  })

t.test('what only may sign: the login is kept up, and nobody is called', async t => {
  const env = { CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR: '7' }
  const ended = await engine(t, { login: 'expired', env })
  t.match(await ended.ensure(), { because: 'fresh', credential: 'login' })
  const dead = await engine(t, { login: 'dead', env })
  t.match(await dead.ensure(), { verdict: 'ok', because: 'other-credential' })
})

t.test(
  'another’s folder: nothing is asked, nothing is changed',
  { skip: process.geteuid?.() !== 0 },
  async t => {
    const at = await engine(t, { login: 'expired' })
    chownSync(at.home.paths.folder, 12_345, 12_345)
    const before = snapshot(at)
    t.match(await at.ensure(), { because: 'not-ours', verdict: 'ok' })
    t.same(at.authority.requests, [])
    t.same(snapshot(at), before)
    t.notOk(existsSync(at.home.paths.state))
  },
)

t.test('observing says once in the journal what it would do', async t => {
  const at = await engine(t, { login: 'expired', config: { mode: 'observe' } })
  for (let round = 0; round < 3; round += 1) await at.ensure()
  const lines = readFileSync(at.home.paths.journal, 'utf8').trim().split('\n')
  t.match(
    lines.map(line => JSON.parse(line)),
    [{ did: 'observe', because: 'renew:expired' }],
  )
  t.equal(lines.length, 1)
})

t.test('offline, what is on this machine is used and nothing asked', async t => {
  const at = await engine(t)
  await at.ensure()
  const requests = at.authority.requests.length
  at.blank()
  t.match(storyOf(await at.ensure({ offline: true })), 'restore blank')
  at.pass(9 * hourMs)
  t.match(await at.ensure({ offline: true }), { verdict: 'no-answer', because: 'no-answer' })
  t.match(await at.ensure({ offline: true, forced: true }), { verdict: 'no-answer' })
  t.equal(at.authority.requests.length, requests)
  t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
})

t.test('a long-lived token is launched with, whatever its age', async t => {
  const at = await engine(t, { login: 'long-lived' })
  t.match(await at.ensure(), { verdict: 'ok', because: 'long-lived', credential: 'long-lived' })
  t.equal(at.asked('token'), 0)
})
