// Contract: who signs a request, one statement for each line of the table that the product goes by.

import {
  type CredentialVariable,
  credentialVariables,
  variablesThatLeaveTheLogin,
} from '../../src/login/credential-table.js'
import type { FirstLogin } from '../kit/login-on-disk.js'
import { answerOf, type Heard, type Place, type Statement } from './place.js'

const key = 'sk-ant-api03-made-up-made-up-made-up'
const token = 'sk-ant-oat01-made-up-made-up-made-up'
const login = 'answers, signed by the login file'

async function seen(at: Place, env: Record<string, string> = {}, before = ''): Promise<string> {
  const ended = before === '' ? await at.ask(env) : await at.askAfter(before, false, env)
  const isExchange = ({ record }: Heard) =>
    record.host === 'api.anthropic.com' && record.path === '/v1/oauth/token'
  if (at.signedBy() === 'nothing' && at.heard.some(isExchange)) return exchange
  return `${answerOf(ended)}, signed by ${at.signedBy()}`
}

const away = 'fails (1), signed by nothing'
const notLoggedIn = 'not logged in, signed by nothing'
const exchange = 'an exchange for a token'

/** By the variable: its value, what stands before the client, and what is seen. */
const of: Record<string, { value?: string; before?: string; expected: Statement['expected'] }> = {
  CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD: { expected: { new: away, old: login } },
  CLAUDE_CODE_CUSTOM_OAUTH_URL: {
    value: 'https://example.com',
    expected: away,
  },
  CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: { expected: { new: notLoggedIn, old: login } },
  ANTHROPIC_UNIX_SOCKET: { value: '/tmp/no-socket', expected: notLoggedIn },
  ANTHROPIC_CUSTOM_HEADERS: {
    value: `x-team: a\nauthorization: Bearer ${token}`,
    expected: '401, signed by another token',
  },
  ANTHROPIC_AUTH_TOKEN: { value: token, expected: '401, signed by another token' },
  ANTHROPIC_API_KEY: { value: key, expected: '401, signed by an API key' },
  CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR: {
    value: '5',
    before: `exec 5<<<'${key}'`,
    expected: '401, signed by an API key',
  },
  CLAUDE_CODE_SIMPLE: { expected: notLoggedIn },
  CLAUDE_CODE_OAUTH_TOKEN: { value: token, expected: '401, signed by another token' },
  ANTHROPIC_PROFILE: { value: 'work', expected: exchange },
  ANTHROPIC_FEDERATION_RULE_ID: { value: 'rule', expected: exchange },
  CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR: {
    value: '5',
    before: `exec 5<<<'${token}'`,
    expected: {
      new: 'answers, signed by another token, then the login file',
      old: '401, signed by another token',
    },
  },
}

const federation = JSON.stringify({
  version: '1.0',
  authentication: {
    type: 'oidc_federation',
    federation_rule_id: 'rule',
    identity_token: { source: 'file', path: '/etc/hostname' },
  },
  organization_id: '00000000-0000-4000-8000-000000000000',
})
const ownSignIn = JSON.stringify({ version: '1.0', authentication: { type: 'user_oauth' } })
const credentials = JSON.stringify({
  version: '1.0',
  type: 'oauth_token',
  access_token: token,
  expires_at: 4_000_000_000,
})
const usual = '.config/anthropic'

function ofVariable({ name, with: other }: CredentialVariable): Statement {
  const { value = '1', before, expected } = of[name] ?? { expected: away }
  return {
    when: `${name}${other === undefined ? '' : ` and ${other}`}`,
    expected,
    see: async start => {
      const at = await start()
      at.home.write(at.path(`${usual}/configs/work.json`), federation)
      const organization = '00000000-0000-4000-8000-000000000000'
      const identity =
        other === undefined ? {} : { [other]: organization, ANTHROPIC_IDENTITY_TOKEN: 'a.b.c' }
      return seen(at, { [name]: value, ...identity }, before)
    },
  }
}

function ofFiles(
  when: string,
  files: Record<string, string>,
  expected: Statement['expected'],
  more: { login?: FirstLogin; env?: (at: Place) => Record<string, string> } = {},
): Statement {
  return {
    when,
    expected,
    see: async start => {
      const at = await start({ login: more.login ?? 'valid' })
      for (const [file, text] of Object.entries(files)) at.home.write(at.path(file), text)
      return seen(at, more.env?.(at))
    },
  }
}

function storedKey(first: FirstLogin, expected: string): Statement {
  return {
    when: `primaryApiKey in ~/.claude.json, the login ${first}`,
    expected,
    see: async start => {
      const at = await start({ login: first })
      const config = JSON.parse(at.text('.claude.json')) as object
      at.home.write(at.path('.claude.json'), JSON.stringify({ ...config, primaryApiKey: key }))
      return seen(at)
    },
  }
}

const own = (name: string, of = usual) => ({
  [`${of}/configs/${name}.json`]: ownSignIn,
  [`${of}/credentials/${name}.json`]: credentials,
})
/** The new line tries to refresh it then. */
const byProfile = {
  new: 'fails (1), signed by another token',
  old: '401, signed by another token',
}

export const whoSigns: Statement[] = [
  ofFiles('nothing but the login file', {}, login),
  ...credentialVariables.map(ofVariable),
  ...variablesThatLeaveTheLogin.map(
    (name): Statement => ({
      when: `${name} alone`,
      expected: login,
      see: async start => seen(await start(), { [name]: '1' }),
    }),
  ),
  {
    when: 'ANTHROPIC_CUSTOM_HEADERS without Authorization',
    expected: login,
    see: async start => seen(await start(), { ANTHROPIC_CUSTOM_HEADERS: `x-api-key: ${key}` }),
  },
  {
    when: 'apiKeyHelper in the settings',
    expected: '401, signed by another token',
    see: async start => {
      const at = await start()
      at.settings({ apiKeyHelper: `echo ${key}` })
      return seen(at)
    },
  },
  ofFiles(
    'a federation as the default profile',
    { [`${usual}/configs/default.json`]: federation },
    exchange,
  ),
  ofFiles(
    'the same below XDG_CONFIG_HOME',
    { 'xdg/anthropic/configs/default.json': federation },
    exchange,
    {
      env: at => ({ XDG_CONFIG_HOME: at.path('xdg') }),
    },
  ),
  ofFiles(
    'the same below ANTHROPIC_CONFIG_DIR',
    { 'own/configs/default.json': federation },
    exchange,
    {
      env: at => ({ ANTHROPIC_CONFIG_DIR: at.path('own') }),
    },
  ),
  ofFiles(
    'the same named by active_config',
    { [`${usual}/active_config`]: 'work\n', [`${usual}/configs/work.json`]: federation },
    exchange,
  ),
  ofFiles('a profile with a sign-in of its own, asked for by name', own('work'), byProfile, {
    env: () => ({ ANTHROPIC_PROFILE: 'work' }),
  }),
  ofFiles('the same as the default profile', own('default'), login),
  ofFiles('the same, the login blank', own('default'), byProfile, { login: 'blank' }),
  ofFiles('the same, the login missing', own('default'), byProfile, { login: 'none' }),
  ofFiles('ANTHROPIC_PROFILE names no profile', {}, login, {
    env: () => ({ ANTHROPIC_PROFILE: 'work' }),
  }),
  storedKey('valid', login),
  storedKey('blank', '401, signed by an API key'),
  storedKey('none', '401, signed by an API key'),
]
