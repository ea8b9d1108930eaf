// `claude-auth login --long-lived`: the client mints a token on this terminal, it is pasted, recorded and used.

import { isatty } from 'node:tty'
import { askSecret } from '../host/ask-secret.js'
import { AuthError } from '../host/error.js'
import { type Env, ownPaths } from '../host/paths.js'
import { readLoginFile } from '../login/login-file.js'
import { whyNoToken } from '../login/pasted-token.js'
import { exitCodes } from '../outcome.js'
import { configOf, type Place } from '../place.js'
import { type TokenStage, tokenLines, tokenQuestion } from '../report/token-text.js'
import { recordToken } from '../steps/record-token.js'
import { clientOnTerminal } from './client-on-terminal.js'
import { runOnce } from './run-once.js'

/** So often a wrong text may be pasted: the token is still on the screen. */
const mostTries = 3

/** Gives the exit code of the verdict afterwards, 130 after Ctrl-C, which leaves all as it was. */
export async function loginLongLived(place: Place, client: string, env: Env): Promise<number> {
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

async function askForToken(place: Place): ReturnType<typeof askSecret> {
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
function whyNotThis({ paths, person }: Place, token: string): string | null {
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
