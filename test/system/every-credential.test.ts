// Each credential that the client knows besides its login: nobody is told to sign in while it works, and only what signs
// keeps a login from being renewed. What the real clients do with each is in docs/client-contract.md, "Who signs".

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  credentialVariables,
  variablesThatLeaveTheLogin,
} from '../../src/login/credential-table.js'
import type { FirstLogin } from '../kit/login-on-disk.js'
import { type Wrapped, wrapped } from '../kit/wrapped.js'

t.jobs = 2

const contract = readFileSync(
  fileURLToPath(new URL('../../docs/client-contract.md', import.meta.url)),
  'utf8',
)
const key = 'sk-ant-api03-made-up-made-up-made-up'
const organization = '00000000-0000-4000-8000-000000000000'
const federation = JSON.stringify({
  version: '1.0',
  authentication: {
    type: 'oidc_federation',
    federation_rule_id: 'rule',
    identity_token: { source: 'file', path: '/etc/hostname' },
  },
  organization_id: organization,
})
const ownSignIn = JSON.stringify({ version: '1.0', authentication: { type: 'user_oauth' } })
const credentials = JSON.stringify({
  version: '1.0',
  type: 'oauth_token',
  access_token: 'sk-ant-oat01-made-up-made-up-made-up',
  expires_at: 4_000_000_000,
})

interface Case {
  /** The statement of the contract that says what the real clients do. */
  control: string
  env?: Record<string, string>
  files?: Record<string, string>
  /** `always`: instead of the login. `without`: only where the file holds none. `perhaps`: it depends on the client, or on the server. */
  signs: 'always' | 'without' | 'perhaps'
}

const values: Record<string, string> = {
  text: 'made-up',
  switch: '1',
  'authorization-header': 'x-team: a\nauthorization: Bearer made-up',
  profile: 'work',
}

const profiles = '.config/anthropic'

const cases: Case[] = [
  ...credentialVariables.map(
    ({ name, shape, effect, with: other }): Case => ({
      control: other === undefined ? name : `${name} and ${other}`,
      env: {
        [name]: values[shape] ?? '',
        ...(other === undefined
          ? {}
          : { [other]: organization, ANTHROPIC_IDENTITY_TOKEN: 'a.b.c' }),
      },
      ...(shape === 'profile' ? { files: { [`${profiles}/configs/work.json`]: federation } } : {}),
      signs: effect === 'maybe' ? 'perhaps' : 'always',
    }),
  ),
  {
    control: 'apiKeyHelper in the settings',
    files: { '.claude/settings.json': JSON.stringify({ apiKeyHelper: `echo ${key}` }) },
    signs: 'always',
  },
  {
    control: 'a federation as the default profile',
    files: { [`${profiles}/configs/default.json`]: federation },
    signs: 'always',
  },
  {
    control: 'the same named by active_config',
    files: {
      [`${profiles}/active_config`]: 'work\n',
      [`${profiles}/configs/work.json`]: federation,
    },
    signs: 'always',
  },
  {
    control: 'the same, the login blank',
    files: {
      [`${profiles}/configs/default.json`]: ownSignIn,
      [`${profiles}/credentials/default.json`]: credentials,
    },
    signs: 'without',
  },
  { control: 'primaryApiKey in ~/.claude.json, the login blank', signs: 'without' },
]

const asksToSignIn = /sign in|claude-auth login/i

/** A launch by dash, with a client that only says how it was started. */
async function launched(box: Wrapped, env: Record<string, string> = {}) {
  const ended = await box.run('/bin/dash', [box.wrapper, '-p', 'hi'], { env })
  await box.settle()
  return ended
}

async function boxOf(t: Parameters<typeof wrapped>[0], login: FirstLogin, each: Case) {
  const box = await wrapped(t, { login })
  for (const [file, text] of Object.entries(each.files ?? {}))
    box.home.write(join(box.home.path, file), text)
  if (each.control.startsWith('primaryApiKey')) {
    const config = JSON.parse(readFileSync(box.home.paths.clientConfig, 'utf8')) as object
    box.home.write(box.home.paths.clientConfig, JSON.stringify({ ...config, primaryApiKey: key }))
  }
  return box
}

for (const each of cases)
  t.test(each.control, async t => {
    t.ok(contract.includes(`\n| ${each.control} |`), 'the real clients are the control')
    await t.test('beside a blank login nobody is told to sign in', async t => {
      const box = await boxOf(t, 'blank', each)
      const ended = await launched(box, each.env)
      t.match(ended, { code: 0, stdout: 'client: -p hi\n' })
      t.notMatch(ended.stderr, asksToSignIn)
      t.match(await box.ensure([], { env: each.env ?? {} }), { outcome: { verdict: 'ok' } })
      t.same(await box.grepSecrets(ended.stderr), [])
    })
    await t.test('beside an expired login', async t => {
      const box = await boxOf(t, 'expired', each)
      const ended = await launched(box, each.env)
      t.match(ended, { code: 0, stdout: 'client: -p hi\n' })
      t.notMatch(ended.stderr, asksToSignIn)
      const renewals = each.signs === 'always' ? 0 : 1
      t.equal(box.tokenRequests().ours.length, renewals, 'renewed where the login may sign')
    })
  })

t.test('a stored API key on a blank login: who pays is said', async t => {
  const each = cases.find(({ control }) => control.startsWith('primaryApiKey')) as Case
  const box = await boxOf(t, 'blank', each)
  const { stderr } = await launched(box)
  t.match(
    stderr,
    /^claude-auth: primaryApiKey in .*(billed to the Console account|the Console pays)\.$/m,
  )
  t.notMatch(stderr, key)
})

for (const name of variablesThatLeaveTheLogin)
  t.test(`${name} alone leaves the login to us`, async t => {
    t.ok(contract.includes(`\n| ${name} alone |`), 'the real clients are the control')
    const box = await wrapped(t, { login: 'expired' })
    t.match(await launched(box, { [name]: '1' }), { code: 0, stdout: 'client: -p hi\n' })
    t.equal(box.tokenRequests().ours.length, 1)
    box.blank()
    t.match((await box.ensure([], { env: { [name]: '1' } })).outcome, { credential: 'login' })
  })

t.test('with nothing besides a blank login a sign-in is asked for', async t => {
  const box = await wrapped(t, { login: 'blank' })
  t.match((await launched(box)).stderr, asksToSignIn)
})
