// The one table of what can sign the client's requests besides its login file; bin/claude has a block made from it.

/** How a value counts. */
export type Shape =
  /** Anything but empty. */
  | 'text'
  /** 1, true, yes or on. */
  | 'switch'
  /** Lines of headers; counts with one named `Authorization`. */
  | 'authorization-header'
  /** The name of a profile of Anthropic's own tools; counts where that profile can sign. */
  | 'profile'

export type CredentialKind =
  | 'cloud-provider'
  | 'host'
  | 'oauth-server'
  | 'custom-header'
  | 'auth-token'
  | 'api-key-helper'
  | 'api-key'
  | 'simple'
  | 'oauth-token-env'
  | 'federation'
  | 'profile'
  | 'stored-key'

/** One variable, and what the client does where it is set (each seen with 2.1.197, 2.1.330 and 2.1.332 on loopback). */
export interface CredentialVariable {
  name: string
  shape: Shape
  kind: CredentialKind
  /** Counts only together with this one. */
  with?: string
  /**
   * `signs`: instead of the login file. `no-login`: the client leaves the login file alone in any case.
   * `error`: the client refuses to start. `maybe`: it depends on the client's version, or on whether the
   * server takes it, so the login is kept up, and no sign-in is asked for.
   */
  effect: 'signs' | 'no-login' | 'error' | 'maybe'
}

const provider = (name: string): CredentialVariable => ({
  name,
  shape: 'switch',
  kind: 'cloud-provider',
  effect: 'signs',
})

/** Every variable by which something else than the login file signs, the strongest first. */
export const credentialVariables: readonly CredentialVariable[] = [
  provider('CLAUDE_CODE_USE_BEDROCK'),
  provider('CLAUDE_CODE_USE_VERTEX'),
  provider('CLAUDE_CODE_USE_FOUNDRY'),
  provider('CLAUDE_CODE_USE_ANTHROPIC_AWS'),
  provider('CLAUDE_CODE_USE_MANTLE'),
  // Not known to 2.1.197.
  { ...provider('CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD'), effect: 'maybe' },
  {
    name: 'CLAUDE_CODE_CUSTOM_OAUTH_URL',
    shape: 'text',
    kind: 'oauth-server',
    effect: 'error',
  },
  // Not known to 2.1.197.
  {
    name: 'CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST',
    shape: 'switch',
    kind: 'host',
    effect: 'maybe',
  },
  { name: 'ANTHROPIC_UNIX_SOCKET', shape: 'text', kind: 'host', effect: 'no-login' },
  {
    name: 'ANTHROPIC_CUSTOM_HEADERS',
    shape: 'authorization-header',
    kind: 'custom-header',
    effect: 'signs',
  },
  { name: 'ANTHROPIC_AUTH_TOKEN', shape: 'text', kind: 'auth-token', effect: 'signs' },
  // Here apiKeyHelper has its place, which is no variable.
  { name: 'ANTHROPIC_API_KEY', shape: 'text', kind: 'api-key', effect: 'signs' },
  {
    name: 'CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR',
    shape: 'text',
    kind: 'api-key',
    effect: 'signs',
  },
  { name: 'CLAUDE_CODE_SIMPLE', shape: 'switch', kind: 'simple', effect: 'no-login' },
  { name: 'CLAUDE_CODE_OAUTH_TOKEN', shape: 'text', kind: 'oauth-token-env', effect: 'signs' },
  { name: 'ANTHROPIC_PROFILE', shape: 'profile', kind: 'profile', effect: 'signs' },
  {
    name: 'ANTHROPIC_FEDERATION_RULE_ID',
    shape: 'text',
    kind: 'federation',
    with: 'ANTHROPIC_ORGANIZATION_ID',
    effect: 'signs',
  },
  // The login file signs once the token is refused.
  {
    name: 'CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR',
    shape: 'text',
    kind: 'oauth-token-env',
    effect: 'maybe',
  },
]

/** Variables that look like credentials but, each alone, leave the login file in charge. */
export const variablesThatLeaveTheLogin: readonly string[] = [
  'CLAUDE_CODE_USE_GATEWAY',
  'CLAUDE_CODE_GATEWAY_TOKEN',
  'CLAUDE_CODE_GATEWAY_TOKEN_FILE_DESCRIPTOR',
  'CLAUDE_CODE_USE_CCR_V2',
  'CLAUDE_CODE_REMOTE',
  'CCR_OAUTH_TOKEN_FILE',
  'CLAUDE_CODE_SESSION_ACCESS_TOKEN',
  'CLAUDE_CODE_SESSIONS_OAUTH_TOKEN',
  'CLAUDE_BRIDGE_OAUTH_TOKEN',
  'CLAUDE_CODE_HOST_CREDS_FILE',
  'CLAUDE_CODE_HFI_BEARER_TOKEN',
  'CLAUDE_API_KEY',
]

/**
 * The table for the wrapper, without starting a process: sets `ca_foreign` to a non-empty text whenever a variable may sign, so
 * that the engine is asked. POSIX sh, lines of at most 100 columns.
 */
export function credentialShell(): string {
  const lines = ['ca_foreign=']
  for (const { name, shape, with: other } of credentialVariables) {
    if (shape === 'switch' || shape === 'authorization-header') continue
    const value = other === undefined ? `\${${name}-}` : `\${${name}:+\${${other}-}}`
    append(lines, 'ca_foreign', value)
  }
  lines.push('ca_switches=')
  for (const { name, shape } of credentialVariables)
    if (shape === 'switch') append(lines, 'ca_switches', `\${${name}-}`)
  lines.push('case $ca_switches in *[!0]*) ca_foreign=$ca_foreign$ca_switches ;; esac')
  const letters = [...'authorization'].map(each => `[${each.toUpperCase()}${each}]`).join('')
  for (const { name, shape } of credentialVariables)
    if (shape === 'authorization-header')
      lines.push(`case \${${name}-} in`, `  *${letters}*) ca_foreign=\${ca_foreign}y ;;`, 'esac')
  return `${lines.join('\n')}\n`
}

/** Adds to the last assignment while its line has room, else to a new one. */
function append(lines: string[], name: string, value: string): void {
  const last = lines.at(-1) ?? ''
  if (last.length + value.length <= 100) lines[lines.length - 1] = last + value
  else lines.push(`${name}=$${name}${value}`)
}
