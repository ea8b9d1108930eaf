// Contract: a running session at a file that changes, a session at a terminal, and `auth status`.

import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FirstLogin } from '../kit/login-on-disk.js'
import { until } from '../kit/terminal.js'
import { tmuxScreen } from '../kit/tmux.js'
import { type Heard, minuteMs, type Place, type Statement, times } from './place.js'

/** One client with two prompts; `between` happens after the first answer. */
async function session(at: Place, between: () => void): Promise<string> {
  const line = JSON.stringify({ type: 'user', message: { role: 'user', content: 'hi' } })
  const out = at.path('out')
  const go = at.path('go')
  const claude = 'claude -p --verbose --input-format stream-json --output-format stream-json'
  const script = `{ echo '${line}'; until [ -e '${go}' ]; do sleep 0.1; done; echo '${line}'; } | ${claude} >'${out}'`
  const ended = at.run('/bin/bash', ['-c', script], { env: { CLAUDE_CODE_MAX_RETRIES: '0' } })
  const results = () =>
    (existsSync(out) ? readFileSync(out, 'utf8').split('\n') : []).filter(each =>
      each.includes('"type":"result"'),
    )
  for (let turn = 0; results().length === 0 && turn < 200; turn++) await sleep(100)
  between()
  await sleep(300)
  at.home.write(go, '')
  await ended
  return results()
    .map(each => (each.includes('"is_error":false') ? 'answers' : 'fails'))
    .join(', then ')
}

/** A session at a terminal, as a person has it; `between` happens after the first answer. */
async function atTerminal(at: Place, between?: () => void): Promise<string> {
  const screen = tmuxScreen(
    { teardown: at.atEnd },
    at,
    `cd '${at.home.path}' && claude; echo ended; sleep 60`,
    120,
  )
  const answered = () => at.heard.filter(({ record }) => record.endpoint === 'messages')
  const prompt = async (count: number) => {
    const shows = async (what: RegExp, times: number) => {
      const isSo = () => (screen.text().match(what) ?? []).length >= times
      await until(isSo, 30_000).catch(() => {
        throw new Error(`the screen shows ${JSON.stringify(screen.text().trim())}`)
      })
    }
    await shows(/^[❯>]/gm, 1)
    screen.enter('hi')
    await shows(/Hello\./g, count)
  }
  await prompt(1)
  const first = answered().length
  between?.()
  if (between) await prompt(2)
  const isMore = between === undefined || answered().length > first
  const last = bearerOf(answered().at(-1))
  const isStored = last !== undefined && last === at.login()?.accessToken
  return `refreshes ${times(at.tokenRequests().length)}, answers${isMore ? '' : ' nothing more'} with ${isStored ? 'the login in the file' : 'another'}`
}

const bearerOf = (heard: Heard | undefined) =>
  heard?.call.headers.authorization?.replace(/^Bearer /, '')

/** What `auth status` says, and what it does to the login. */
async function authStatus(at: Place): Promise<string> {
  const was = at.login()
  const { code, stdout } = await at.ask({}, ['auth', 'status'])
  const said = /"loggedIn": *(true|false)/.exec(stdout)?.[1] ?? 'nothing'
  const is = at.login()
  const isSame = is?.accessToken === was?.accessToken && is?.refreshToken === was?.refreshToken
  // What it says of a login that it blanks meanwhile depends on which comes first.
  if (!isSame && is?.accessToken === '')
    return `refreshes ${times(at.tokenRequests().length)}, blanks them`
  const done = isSame ? 'the tokens stay' : 'new tokens'
  return `loggedIn ${said}, exit ${code}, refreshes ${times(at.tokenRequests().length)}, ${done}`
}

const status = (first: FirstLogin, expected: Statement['expected']): Statement => ({
  when: `\`auth status\`, the login ${first}`,
  expected,
  see: async start => authStatus(await start({ login: first })),
})

const unasked = 'refreshes never, the tokens stay'

export const statuses: Statement[] = [
  status('valid', `loggedIn true, exit 0, ${unasked}`),
  status('expired', {
    new: 'loggedIn true, exit 0, refreshes once, new tokens',
    old: `loggedIn true, exit 0, ${unasked}`,
  }),
  status('dead', {
    new: 'refreshes once, blanks them',
    old: `loggedIn true, exit 0, ${unasked}`,
  }),
  status('revoked', `loggedIn true, exit 0, ${unasked}`),
  status('blank', `loggedIn false, exit 1, ${unasked}`),
]

export const sessions: Statement[] = [
  {
    when: 'at a terminal, the login has ended',
    expected: 'refreshes once, answers with the login in the file',
    see: async start => atTerminal(await start({ login: 'expired' })),
  },
  {
    when: 'at a terminal, the file is replaced after the first answer, and the first token revoked',
    expected: 'refreshes never, answers with the login in the file',
    see: async start => {
      const at = await start()
      const before = at.login()?.accessToken ?? ''
      return atTerminal(at, () => {
        at.writeLogin(at.signIn())
        at.authority.revokeAccess(before)
      })
    },
  },
  {
    when: 'the login file of a running session is replaced, and its first token revoked',
    expected: 'answers, then answers',
    see: async start => {
      const at = await start()
      const before = at.login()?.accessToken ?? ''
      const next = at.signIn()
      at.writeLogin({
        ...at.login(),
        refreshToken: null,
        expiresAt: Date.now() + 60 * minuteMs,
      } as never)
      return session(at, () => {
        at.authority.revokeAccess(before)
        at.writeLogin({ ...next, refreshToken: null } as never)
      })
    },
  },
  {
    when: 'the login of a running session is blanked, and repaired before the next prompt',
    expected: 'answers, then answers',
    see: async start => {
      const at = await start()
      return session(at, () => {
        at.blank()
        at.writeLogin(at.signIn())
      })
    },
  },
]
