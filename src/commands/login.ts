// `claude-auth login`: the client's own sign-in with the right flags, then verified and backed up.

import { parseArgs } from 'node:util'
import { findClient } from '../host/client.js'
import { AuthError } from '../host/error.js'
import type { Env } from '../host/paths.js'
import { clearMarks } from '../login/marks.js'
import { readMemory } from '../login/memory.js'
import { exitCodes } from '../outcome.js'
import { type LoginStage, loginLines } from '../report/command-text.js'
import { configOf, placeOf } from '../start.js'
import { expectedEmail } from '../steps/expected-email.js'
import { clientOnTerminal } from './client-on-terminal.js'
import { runOnce } from './run-once.js'

/** Signs in on this terminal, also over SSH; gives the exit code of the verdict afterwards, 130 after Ctrl-C. */
export async function login(argv: string[], env: Env): Promise<number> {
  const flags = flagsOf(argv)
  const client = flags.client ?? findClient(env)
  if (client === null) throw new AuthError('client-missing', 'the real client was not found')
  const place = placeOf(env)
  if (!place.owned)
    throw new AuthError('not-private', `${place.paths.folder} belongs to somebody else`, {
      hint: 'sign in as the owner of the home',
    })
  if (flags['long-lived']) {
    const { loginLongLived } = await import('./login-long-lived.js')
    return loginLongLived(place, client, env)
  }
  const config = await configOf(place, env)
  const email = expectedEmail(config, readMemory(place.paths.stateFile), place.paths.clientConfig)
  say({ at: 'start', email })
  clearMarks(place.paths)
  const code = await signIn(client, email, env)
  if (code !== 0) {
    // Ctrl-C leaves the cursor behind the client's own question.
    if (code === 130) process.stderr.write('\n')
    say({ at: 'not-finished', exitCode: code })
    return code === 130 ? 130 : 1
  }
  const { outcome } = await runOnce(env, { actor: 'command', forced: true, signedIn: true, client })
  const whose = outcome.identity?.email ?? null
  if (outcome.because === 'wrong-identity')
    say({ at: 'wrong-identity', email: whose, expectedEmail: email })
  else if (outcome.identity === null) say({ at: 'not-verified', email: null })
  else {
    const stored = outcome.store.state === 'current'
    say({ at: 'signed-in', email: whose, stored, expiresAtMs: outcome.expiresAt })
  }
  return exitCodes[outcome.verdict]
}

function say(stage: LoginStage) {
  process.stderr.write(`${loginLines(stage, Date.now()).join('\n')}\n`)
}

const options = { client: { type: 'string' }, 'long-lived': { type: 'boolean' } } as const

function flagsOf(argv: string[]) {
  try {
    return parseArgs({ args: argv, options }).values
  } catch {
    throw new AuthError('usage', 'login takes no such argument', {
      hint: 'claude-auth login --help',
    })
  }
}

/** The client's sign-in, with the account that is expected. */
function signIn(client: string, email: string | null, env: Env): Promise<number> {
  const expected = email === null ? [] : ['--sso', '--email', email]
  return clientOnTerminal(client, ['auth', 'login', '--claudeai', ...expected], env)
}
