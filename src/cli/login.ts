// `claude-auth login`: the client's own sign-in with the right flags, then verified and backed up.

import type { Config } from '../config/config.js'
import { untilWords } from '../engine/ensure-words.js'
import { configOf, loginContextOf, notOurs } from '../engine/login-context.js'
import { commit } from '../engine/run.js'
import { runOnce } from '../engine/run-once.js'
import { expectedEmail } from '../engine/verify.js'
import { clearMarks } from '../login/marks.js'
import { readMemory } from '../login/memory.js'
import { clientOnTerminal, findClient } from '../login/real-client.js'
import { isConfigured } from '../policy/identity.js'
import { exitCodes, type Outcome } from '../policy/outcome.js'
import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { clean, cleanMiddle } from '../text/clean.js'
import { linePrefix, progress } from '../text/terminal.js'
import { type CommandEntry, type FlagValues, readFlags } from './command.js'
import { handedOver } from './ensure-flags.js'

export const entry = {
  name: 'login',
  group: 'daily',
  summary: 'sign in, check whose login it is, store a copy (works over SSH)',
  about:
    "Opens the client's own sign-in with the right account, then checks with the server whose login it is and stores a copy. Works over SSH: open the printed address in any browser and paste the code. Running sessions use the new login from their next request on.",
  flags: {
    email: { value: 'E', says: 'sign in with this e-mail, where the configuration names none' },
    'no-sso': { says: "without the organization's own sign-in page" },
    'new-identity': {
      says: 'accept another account than the one first used here; not where the configuration names one',
    },
    'long-lived': {
      says: "a token of about a year instead: opens the client's setup-token, then asks for the token it shows (not echoed; or on stdin from a pipe)",
    },
    'launch-in-environ': {
      says: 'the client to sign in with comes in the environment',
      hidden: true,
    },
  },
  notes: [
    'A long-lived token is used where the configuration says credential: long-lived.',
    'Exit code: 0 ok, 1 not finished, 2 usage or configuration, 3 wrong account, 4 attention, 5 no answer, 130 after Ctrl-C.',
  ],
  examples: ['claude-auth login', 'claude-auth login --new-identity'],
} as const satisfies CommandEntry

type LoginFlags = FlagValues<typeof entry>

/** Signs in on this terminal, also over SSH; gives the exit code of the verdict afterwards, 130 after Ctrl-C. */
export async function login(argv: string[], caller: Env): Promise<number> {
  const { flags } = readFlags(entry, argv)
  const { env, client: handed } = handedOver(flags['launch-in-environ'] ?? false, caller)
  const place = loginContextOf(env)
  if (!place.owned) throw notOurs(place)
  const config = await configOf(place, env)
  const client = handed ?? findClient(env, config.client)
  if (client === null) throw new AuthError('client-missing', 'the real client was not found')
  if (flags['long-lived']) {
    const { loginLongLived } = await import('./login-long-lived.js')
    return loginLongLived(place, client, env)
  }
  const memory = readMemory(place.paths.stateFile)
  const known = expectedEmail(config, memory, place.paths.clientConfig)
  const email = emailFor(flags, config, known)
  const organization = email === known ? (memory.verification?.organization ?? null) : null
  say({ at: 'start', email, organization })
  clearMarks(place.paths)
  const code = await signIn(client, email, flags['no-sso'] ?? false, env)
  if (code !== 0) {
    // Ctrl-C leaves the cursor behind the client's own question.
    if (code === 130) process.stderr.write('\n')
    say({ at: 'not-finished', exitCode: code })
    return code === 130 ? 130 : 1
  }
  const over = progress('Checking the new login', process.stderr, env)
  const { outcome } = await runOnce(env, {
    actor: 'command',
    forced: true,
    signedIn: true,
    client,
    prepare: async run => {
      // The account of this sign-in is the expected one from now on.
      if (flags['new-identity']) commit(run, { memory: { pinned: null } })
    },
  }).finally(over)
  say(stageOf(outcome, email, !isConfigured(config.identity)))
  return exitCodes[outcome.verdict]
}

function stageOf(outcome: Outcome, expected: string | null, mayChange: boolean): LoginStage {
  const email = outcome.identity?.email ?? null
  if (outcome.because === 'wrong-identity')
    return { at: 'wrong-identity', email, expectedEmail: expected, mayChange }
  if (outcome.identity === null) return { at: 'not-verified', email: null }
  const stored = outcome.store.state === 'current'
  return { at: 'signed-in', email, stored, expiresAtMs: outcome.expiresAt }
}

/** The e-mail to sign in with. Throws `usage` where a flag asks for what the configuration rules out. */
function emailFor(flags: LoginFlags, config: Config, known: string | null): string | null {
  const { identity } = config
  const asked = flags.email ?? null
  if (asked !== null && !/^[^\s@-][^\s@]*@[^\s@]+$/.test(asked))
    throw new AuthError('usage', `login: --email takes an e-mail, not ${clean(asked, 60)}`)
  if (flags['new-identity'] && isConfigured(identity))
    throw notHere('the configuration says whose login this is, so --new-identity cannot change it')
  if (asked !== null && identity.email !== null && asked.toLowerCase() !== identity.email)
    throw notHere(`the configuration expects ${clean(identity.email, 60)} here`)
  return asked ?? (flags['new-identity'] ? null : known)
}

function notHere(message: string): AuthError {
  return new AuthError('usage', `login: ${message}`, {
    hint: 'grep -n -A 3 -e identity: -e roster: /etc/claude-auth/config.yaml ~/.config/claude-auth/config.yaml',
  })
}

function say(stage: LoginStage) {
  process.stderr.write(`${loginLines(stage, Date.now()).join('\n')}\n`)
}

/** The client's sign-in, with the account that is expected. */
function signIn(client: string, email: string | null, noSso: boolean, env: Env): Promise<number> {
  const expected = email === null ? [] : [...(noSso ? [] : ['--sso']), '--email', email]
  return clientOnTerminal(client, ['auth', 'login', '--claudeai', ...expected], env)
}

/** How a `claude-auth login` stands: what its lines are made of. */
export type LoginStage =
  | { at: 'start'; email: string | null; organization?: string | null }
  | { at: 'signed-in'; email: string | null; stored: boolean; expiresAtMs: number | null }
  | { at: 'not-finished'; exitCode: number | null }
  /** `mayChange`: the other one is expected only because it was the first. */
  | {
      at: 'wrong-identity'
      email: string | null
      expectedEmail: string | null
      mayChange?: boolean
    }
  | { at: 'not-verified'; email: string | null }

/** One or two lines for a stage of `claude-auth login`, for stderr. */
export function loginLines(stage: LoginStage, nowMs: number): string[] {
  return loginSentences(stage, nowMs).map(sentence => `${linePrefix}${sentence}`)
}

function loginSentences(stage: LoginStage, nowMs: number): string[] {
  const email = 'email' in stage && stage.email ? cleanMiddle(stage.email, 60) : null
  switch (stage.at) {
    case 'start':
      return [`Claude's own sign-in opens now${email ? `; sign in as ${email}${of(stage)}` : ''}.`]
    case 'signed-in': {
      const copy = stage.stored ? 'A copy is stored.' : 'A copy could not be stored yet.'
      return [
        `Signed in${email ? ` as ${email}` : ''}${untilWords(stage.expiresAtMs, nowMs)}. ${copy}`,
      ]
    }
    case 'not-finished':
      return ['The sign-in was not finished; nothing was changed.', 'Type: claude-auth login']
    case 'wrong-identity': {
      if (email !== null && email === stage.expectedEmail)
        return [
          `This is another account or organization with the e-mail ${email}.`,
          'Type: claude-auth login',
        ]
      const wanted = stage.expectedEmail ? cleanMiddle(stage.expectedEmail, 60) : 'another'
      return [
        `This is the login of ${email ?? 'another user'}; expected here is ${wanted}.`,
        stage.mayChange
          ? 'Type: claude-auth login; or, if the new one is meant: claude-auth login --new-identity'
          : 'Type: claude-auth login',
      ]
    }
    case 'not-verified':
      return [
        'Signed in, but the server could not be asked whose login it is.',
        'Type: claude-auth ensure',
      ]
  }
}

function of({ organization = null }: { organization?: string | null }): string {
  return organization === null ? '' : ` (${cleanMiddle(organization, 60)})`
}
