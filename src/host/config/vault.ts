// Where the Vault document of this user is, and how to sign in to Vault.

import { addressExpected, serverAddress } from '../endpoint.js'
import type { VaultConfig } from './resolved.js'
import type { ResolveInputs, Resolving } from './resolving.js'
import { fillIn } from './template.js'

const standardPath = 'workstation/claude-users/{user}'
const keysOfMethod = {
  token: ['tokenFile'],
  jwt: ['mount', 'role', 'jwtFile', 'audience', 'subject'],
} as const

/** Null when it cannot be made out, which has been reported. */
export function resolveVault(
  inputs: ResolveInputs,
  to: Resolving,
  profile: string,
): VaultConfig | null {
  const said = to.data.vault ?? {}
  const address = said.address === undefined ? undefined : serverAddress(said.address)
  if (address === undefined) to.report(['store'], 'expected vault.address beside store: vault')
  if (address === null) to.report(['vault', 'address'], `expected ${addressExpected}`)

  const extra = address ? /\/(?:v1$|ui(?:\/|$))/.exec(new URL(address).pathname)?.[0] : undefined
  if (extra !== undefined)
    to.report(
      ['vault', 'address'],
      `expected the address of the server alone, without ${extra.replace(/\/$/, '')}`,
    )

  const template = withoutSlashes(said.path ?? standardPath)
  if (profile !== 'default' && !template.includes('{profile}'))
    to.report(['vault', 'path'], 'expected {profile} in it, else two logins share one document')
  // The machine's file is for all its users; a user's own may name any document.
  const isForAll = said.path !== undefined && !inputs.merged.isUsers(['vault', 'path'])
  if (isForAll && !template.split('/').includes('{user}'))
    to.report(
      ['vault', 'path'],
      'expected {user} between slashes, else all users share one document',
    )
  const path = fillIn(template, to.names, 'plain')
  if ('expected' in path) to.report(['vault', 'path'], path.expected)
  else if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(path.value))
    to.report(['vault', 'path'], 'expected a path without . and ..')

  const auth = resolveAuth(inputs, to)
  const timeoutMs = to.duration(['vault', 'timeout'], said.timeout, {
    defaultMs: 3000,
    min: '100ms',
    max: '1m',
  })
  if (!address || !auth || 'expected' in path) return null
  return {
    address,
    namespace: said.namespace === undefined ? null : withoutSlashes(said.namespace),
    caCert: to.file(['vault', 'caCert'], said.caCert),
    mount: withoutSlashes(said.mount ?? 'secret'),
    path: path.value,
    isPerHost: template.includes('{host}'),
    timeoutMs,
    auth,
  }
}

/** Vault prints mounts, namespaces and folders with a slash at the end, and some write one before. */
function withoutSlashes(text: string): string {
  return text.split('/').filter(Boolean).join('/')
}

function resolveAuth(inputs: ResolveInputs, to: Resolving): VaultConfig['auth'] | null {
  const said = to.data.vault?.auth ?? {}
  const method = said.method ?? 'token'
  const other = method === 'token' ? 'jwt' : 'token'
  // A user whose method the machine's file overrules may leave its keys standing.
  if (!inputs.merged.overruled.includes('vault.auth.method'))
    for (const key of keysOfMethod[other])
      if (said[key] !== undefined)
        to.report(['vault', 'auth', key], `expected only with method: ${other}`)

  if (method === 'token') {
    const tokenFile = to.file(['vault', 'auth', 'tokenFile'], said.tokenFile)
    return { method, tokenFile: tokenFile ?? inputs.vaultToken }
  }
  const jwtFile = to.file(['vault', 'auth', 'jwtFile'], said.jwtFile)
  if (said.jwtFile === undefined)
    to.report(['vault', 'auth', 'method'], 'expected jwtFile beside method: jwt')
  const subject = fillIn(said.subject ?? '{user}', to.names, 'plain')
  if ('expected' in subject) to.report(['vault', 'auth', 'subject'], subject.expected)
  if (jwtFile === null || 'expected' in subject) return null
  return {
    method,
    mount: withoutSlashes(said.mount ?? 'jwt').replace(/^auth\/(?=.)/, ''),
    role: said.role ?? 'claude-auth',
    jwtFile,
    audience: said.audience ?? null,
    subject: subject.value,
  }
}
