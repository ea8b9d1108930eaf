// Which credential other than the login signs the client's requests, if any. No I/O.

import { createHash } from 'node:crypto'
import type { ClientSettings } from './client-settings.js'
import type { Env } from './paths.js'

export interface OtherCredential {
  kind:
    | 'cloud-provider'
    | 'auth-token'
    | 'api-key-helper'
    | 'api-key'
    | 'simple'
    | 'oauth-token-env'
  /** What wins and where it is set, for a person: `ANTHROPIC_API_KEY from the environment`. */
  wins: string
  /** `environment`, or the settings file. */
  from: string
  /** Of `CLAUDE_CODE_OAUTH_TOKEN`: its SHA-256 in hex, to tell whether it is the user's own. */
  tokenHash?: string
}

const providers = [
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_GATEWAY',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
] as const

/**
 * The strongest credential beside the login file, in the client's order: cloud provider,
 * `ANTHROPIC_AUTH_TOKEN`, apiKeyHelper, `ANTHROPIC_API_KEY`, then `CLAUDE_CODE_SIMPLE`, which ignores
 * every login and the helper, then `CLAUDE_CODE_OAUTH_TOKEN`. `env` in settings replaces the
 * environment's; empty is not set. (2.1.197 and 2.1.330 on loopback.) Null: the login file signs.
 */
export function otherCredential(env: Env, settings: ClientSettings): OtherCredential | null {
  const find = (name: string) => variable(name, env, settings)
  for (const name of providers) {
    const found = find(name)
    if (found && isTruthy(found.value)) return named('cloud-provider', name, found.from)
  }
  const authToken = find('ANTHROPIC_AUTH_TOKEN')
  if (authToken) return named('auth-token', 'ANTHROPIC_AUTH_TOKEN', authToken.from)
  const simple = find('CLAUDE_CODE_SIMPLE')
  const isSimple = simple !== null && isTruthy(simple.value)
  if (settings.apiKeyHelper && !isSimple)
    return named('api-key-helper', 'apiKeyHelper', settings.apiKeyHelper.file)
  const apiKey = find('ANTHROPIC_API_KEY')
  if (apiKey) return named('api-key', 'ANTHROPIC_API_KEY', apiKey.from)
  if (isSimple) return named('simple', 'CLAUDE_CODE_SIMPLE', simple.from)
  const token = find('CLAUDE_CODE_OAUTH_TOKEN')
  if (!token) return null
  const tokenHash = createHash('sha256').update(token.value).digest('hex')
  return { ...named('oauth-token-env', 'CLAUDE_CODE_OAUTH_TOKEN', token.from), tokenHash }
}

function variable(
  name: string,
  env: Env,
  settings: ClientSettings,
): { value: string; from: string } | null {
  const set = Object.hasOwn(settings.env, name) ? settings.env[name] : undefined
  const value = set ? set.value : env[name]
  return value ? { value, from: set ? set.file : 'environment' } : null
}

function named(kind: OtherCredential['kind'], name: string, from: string): OtherCredential {
  const wins = from === 'environment' ? `${name} from the environment` : `${name} in ${from}`
  return { kind, wins, from }
}

/** As the client reads a switch. */
function isTruthy(value: string): boolean {
  return ['1', 'true', 'yes', 'on'].includes(value.trim().toLowerCase())
}
