// Contract: when the client refreshes its login, what it sends, and what it keeps.

import { statSync } from 'node:fs'
import { faults } from '../../src/demo/faults.js'
import { answerOf, minuteMs, type Place, type Statement, times } from './place.js'

/** The login of `at`, with that much time left by the file. */
function leave(at: Place, leftMs: number): void {
  at.writeLogin({ ...at.signIn(), expiresAt: Date.now() + leftMs })
}

const usualScope =
  'user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload'
const request = (scope: string) =>
  `POST platform.claude.com/v1/oauth/token, JSON: client_id=9d1c250a-e61b-44d9-88ed-5944d1962f5e grant_type=refresh_token refresh_token=the stored one scope=${scope}`

export const refresh: Statement[] = [
  ...(
    [
      [6, 'never'],
      [4, 'once'],
    ] as const
  ).map(
    ([minutes, expected]) =>
      ({
        when: `${minutes} minutes before the end it refreshes`,
        expected,
        see: async start => {
          const at = await start()
          leave(at, minutes * minuteMs)
          await at.ask()
          return times(at.tokenRequests().length)
        },
      }) satisfies Statement,
  ),
  {
    when: 'after a 401 it refreshes',
    expected: 'once, then answers',
    see: async start => {
      const at = await start({ login: 'revoked' })
      // Without retries the older line gives up instead.
      const ended = await at.ask({ CLAUDE_CODE_MAX_RETRIES: '10' })
      return `${times(at.tokenRequests().length)}, then ${answerOf(ended)}`
    },
  },
  {
    when: 'the request',
    expected: { new: request(`${usualScope} user:plugins`), old: request(usualScope) },
    see: async start => {
      const at = await start({ login: 'expired' })
      const before = at.login()?.refreshToken
      await at.ask()
      const [first] = at.tokenRequests()
      if (first === undefined) return 'no request'
      const { record, call } = first
      const fields = Object.entries(JSON.parse(call.body) as Record<string, string>).sort()
      const words = fields.map(([name, value]) =>
        value === before ? `${name}=the stored one` : `${name}=${value}`,
      )
      const isJson = call.headers['content-type']?.startsWith('application/json')
      return `${record.method} ${record.host}${record.path}, ${isJson ? 'JSON' : 'no JSON'}: ${words.join(' ')}`
    },
  },
  {
    when: 'unknown keys in the file, at a refresh',
    expected: 'outside the login kept, inside dropped',
    see: async start => {
      const at = await start({ login: 'expired' })
      const login = { ...at.login(), ours: 'x' }
      at.writeLogin(JSON.stringify({ claudeAiOauth: login, ours: { kept: true }, mcpOAuth: {} }))
      await at.ask()
      const after = JSON.parse(at.text('.claude/.credentials.json')) as Record<string, unknown>
      const isKept = 'ours' in after && 'mcpOAuth' in after
      const isInside = 'ours' in (after['claudeAiOauth'] as object)
      return `outside the login ${isKept ? 'kept' : 'dropped'}, inside ${isInside ? 'kept' : 'dropped'}`
    },
  },
  {
    when: 'an answer without a refresh token',
    expected: 'keeps the one it has',
    see: async start => {
      const at = await start({ login: 'expired' })
      const before = at.login()
      at.authority.fail('token', faults.without('refresh_token'))
      await at.ask()
      const after = at.login()
      if (after?.accessToken === before?.accessToken) return 'saves nothing'
      return after?.refreshToken === before?.refreshToken ? 'keeps the one it has' : 'loses it'
    },
  },
  {
    when: '400 invalid_grant',
    expected: 'blanks accessToken, refreshToken and expiresAt, keeps the rest of the file',
    see: async start => {
      const at = await start({ login: 'dead' })
      at.writeLogin(JSON.stringify({ claudeAiOauth: at.login(), mcpOAuth: { a: {} } }))
      await at.ask()
      const after = JSON.parse(at.text('.claude/.credentials.json')) as Record<string, unknown>
      const login = after['claudeAiOauth'] as Record<string, unknown>
      const blanked = ['accessToken', 'refreshToken', 'expiresAt'].filter(name => !login[name])
      const rest = 'mcpOAuth' in after && 'scopes' in login ? 'keeps' : 'drops'
      return `blanks ${blanked.join(', ').replace(/, (\w+)$/, ' and $1')}, ${rest} the rest of the file`
    },
  },
  {
    when: 'a blank login',
    expected: { new: 'session expired, no request', old: 'not logged in, no request' },
    see: async start => {
      const at = await start({ login: 'blank' })
      const ended = await at.ask()
      return `${answerOf(ended)}, ${at.tokenRequests().length === 0 ? 'no request' : 'a request'}`
    },
  },
  {
    when: '500 at every refresh',
    expected: 'the file stays, the same token is sent again',
    see: async start => {
      const at = await start({ login: 'expired' })
      const before = at.text('.claude/.credentials.json')
      at.authority.fail('token', faults.answer(500), 99)
      await at.ask()
      const tokens = new Set(at.tokenRequests().flatMap(({ record }) => record.tokens))
      const isAgain = at.tokenRequests().length > 1 && tokens.size === 1
      const isSame = at.text('.claude/.credentials.json') === before
      return `the file ${isSame ? 'stays' : 'changes'}, the same token is sent ${isAgain ? 'again' : 'no more'}`
    },
  },
]

/** A login without a refresh token, as sole custody leaves it. */
function without(at: Place, refreshToken: null | '', leftMs: number): string {
  const login = at.signIn()
  at.writeLogin({ ...login, refreshToken, expiresAt: Date.now() + leftMs } as never)
  return login.accessToken
}

const untouched = 'no refresh, the file untouched'

async function tried(at: Place, access: string, isRevoked: boolean): Promise<string> {
  if (isRevoked) at.authority.revokeAccess(access)
  const file = at.home.paths.loginFile
  const before = statSync(file)
  const ended = await at.ask()
  const after = statSync(file)
  const isSame = before.ino === after.ino && before.mtimeMs === after.mtimeMs
  const asked = at.tokenRequests().length === 0 ? 'no refresh' : 'a refresh'
  return `${answerOf(ended)}, ${asked}, the file ${isSame ? 'untouched' : 'changed'}`
}

export const withoutRefreshToken: Statement[] = [
  ...([null, ''] as const).flatMap(token =>
    (
      [
        ['valid', 60 * minuteMs],
        ['2 minutes left', 2 * minuteMs],
        ['ended by the clock', -minuteMs],
      ] as const
    ).map(
      ([when, leftMs]) =>
        ({
          when: `refreshToken ${JSON.stringify(token)}, ${when}`,
          expected: `answers, ${untouched}`,
          see: async start => {
            const at = await start()
            return tried(at, without(at, token, leftMs), false)
          },
        }) satisfies Statement,
    ),
  ),
  {
    when: 'refreshToken null, refused by the server',
    expected: `401, ${untouched}`,
    see: async start => {
      const at = await start()
      return tried(at, without(at, null, 60 * minuteMs), true)
    },
  },
  {
    when: 'refreshToken null and expiresAt null (a long-lived token)',
    expected: `answers, ${untouched}`,
    see: async start => {
      const at = await start({ login: 'long-lived' })
      return tried(at, '', false)
    },
  },
]
