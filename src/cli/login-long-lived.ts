// `claude-auth login --long-lived`: the client mints a token on this terminal, it is pasted, recorded and used.

import { isatty } from 'node:tty'
import { configOf, type LoginContext } from '../engine/login-context.js'
import { recordToken } from '../engine/record-token.js'
import { runOnce } from '../engine/run-once.js'
import { readLoginFile } from '../login/login-file.js'
import { clientOnTerminal } from '../login/real-client.js'
import { exitCodes } from '../policy/outcome.js'
import { askSecret } from '../system/ask.js'
import { type Env, ownPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import { dateTimeWords } from '../text/durations.js'
import { linePrefix } from '../text/terminal.js'

/** Attempts at pasting: the token is still on the screen. */
const mostTries = 3

/** Gives the exit code of the verdict afterwards, 130 after Ctrl-C, which leaves all as it was. */
export async function loginLongLived(
  place: LoginContext,
  client: string,
  env: Env,
): Promise<number> {
  const config = await configOf(place, env)
  if (config.mode === 'off') throw new AuthError('usage', 'claude-auth is switched off here')
  if (config.store === 'none')
    throw new AuthError('usage', 'store: none has no place for a long-lived token', {
      hint: 'grep -n store: ~/.config/claude-auth/config.yaml /etc/claude-auth/config.yaml',
    })
  if (isatty(0)) {
    say({ at: 'start' })
    const code = await clientOnTerminal(client, ['setup-token'], env)
    if (code !== 0) return notFinished(code === 130)
  }
  const answer = await askForToken(place)
  if (answer.kind === 'nothing') return notFinished(answer.interrupted)
  let endsAtMs = 0
  const { outcome } = await runOnce(env, {
    actor: 'command',
    forced: true,
    client,
    prepare: async run => {
      endsAtMs = await recordToken(run, answer.text)
    },
  })
  const use =
    config.credential !== 'long-lived'
      ? 'switched-off'
      : outcome.because === 'long-lived'
        ? 'in-use'
        : 'not-yet'
  const configFile = ownPaths(env, place.person.home).userConfig
  say({ at: 'stored', endsAtMs, use, configFile })
  return exitCodes[outcome.verdict]
}

async function askForToken(place: LoginContext): ReturnType<typeof askSecret> {
  const show = (text: string) => void process.stderr.write(text)
  for (let tries = 1; ; tries++) {
    const answer = await askSecret(tokenQuestion, process.stdin, show)
    if (answer.kind === 'nothing') return answer
    const why = whyNoToken(answer.text) ?? whyNotThis(place, answer.text)
    if (why === null) return answer
    if (!process.stdin.isTTY || tries === mostTries)
      throw new AuthError('usage', why, { hint: 'claude-auth login --long-lived' })
    say({ at: 'wrong', why })
  }
}

/** The login's own access token looks the same, and ends within hours. */
function whyNotThis({ paths, person }: LoginContext, token: string): string | null {
  const file = readLoginFile(paths.loginFile, person.uid)
  const isLogins =
    file.kind === 'login' && file.login.accessToken === token && file.login.expiresAtMs !== null
  return isLogins ? 'this is the access token of your login, which ends within hours' : null
}

function notFinished(isInterrupted: boolean): number {
  say({ at: 'not-finished' })
  return isInterrupted ? 130 : 1
}

function say(stage: TokenStage) {
  process.stderr.write(`${tokenLines(stage, Date.now()).join('\n')}\n`)
}

/** How a `claude-auth login --long-lived` stands. */
type TokenStage =
  | { at: 'start' }
  | { at: 'wrong'; why: string }
  | { at: 'not-finished' }
  | {
      at: 'stored'
      endsAtMs: number
      use: 'in-use' | 'switched-off' | 'not-yet'
      /** The user's configuration. */
      configFile: string
    }

/** Asked at the terminal; what is pasted is not shown. */
const tokenQuestion = `${linePrefix}Paste the token here (it is not shown), then press Enter: `

/** One or two lines for a stage, for stderr. */
function tokenLines(stage: TokenStage, nowMs: number): string[] {
  return sentences(stage, nowMs).map(sentence => `${linePrefix}${sentence}`)
}

function sentences(stage: TokenStage, nowMs: number): string[] {
  switch (stage.at) {
    case 'start':
      return ["Claude's own setup-token opens now; it ends by showing a token. Copy that."]
    case 'wrong':
      return [`${stage.why.charAt(0).toUpperCase()}${stage.why.slice(1)}. Once more:`]
    case 'not-finished':
      return ['There is no new token; nothing was changed.', 'Type: claude-auth login --long-lived']
    case 'stored': {
      const stored = `The long-lived token is stored; it ends about ${dateTimeWords(stage.endsAtMs, nowMs)}.`
      if (stage.use === 'in-use') return [stored, 'It is in use now.']
      if (stage.use === 'not-yet') return [stored, 'It is not in use yet. Type: claude-auth ensure']
      return [
        stored,
        `Not in use: to switch it on, put credential: long-lived into ${clean(stage.configFile, 200)}`,
      ]
    }
  }
}

/** Shorter than any: a part of one (client 2.1.330 mints 108 characters). */
const shortest = 40
const longest = 16_384

/** Null for a long-lived token; else in plain words what it is. The words never hold any of the text. */
export function whyNoToken(text: string): string | null {
  if (/^sk-ant-api/.test(text)) return 'this is an API key, not a long-lived token'
  if (/^sk-ant-ort/.test(text))
    return 'this is the refresh token of a login, not a long-lived token'
  if (/^sk-ant-sid/.test(text))
    return 'this is the session key of a browser, not a long-lived token'
  if (!/^sk-ant-oat01-[\x21-\x7e]+$/.test(text))
    return 'this is no long-lived token: those begin with sk-ant-oat01-'
  if (text.length < shortest) return 'this is only a part of a long-lived token'
  return text.length > longest || text.indexOf('sk-ant-', 7) > 0
    ? 'this is more than one long-lived token'
    : null
}
