// Where the Vault document of this user is, and how to sign in to Vault.

import { addressExpected, serverAddress } from '../system/endpoint.js'
import type { VaultConfig } from './resolved.js'
import type { ResolveInputs, Resolving } from './resolving.js'
import { fillIn, plainNameSlip, type TemplateNames } from './template.js'

const standardPath = 'workstation/claude-users/{user}'
const keysOfMethod = {
  token: ['tokenFile'],
  jwt: ['mount', 'role', 'jwtFile', 'audience', 'subject'],
} as const

/** Null when it does not fit this user: then `to.misfit` was told which rule failed, and there is no copy in Vault. */
export function resolveVault(inputs: ResolveInputs, all: Resolving): VaultConfig | null {
  let fits = true
  const to = all.noting(() => {
    fits = false
  })
  const said = to.data.vault ?? {}
  const address = said.address === undefined ? undefined : serverAddress(said.address)
  if (address === undefined) to.misfit(['store'], 'expected vault.address beside store: vault')
  if (address === null) to.misfit(['vault', 'address'], `expected ${addressExpected}`)
  const extra = address ? /\/(?:v1$|ui(?:\/|$))/.exec(new URL(address).pathname)?.[0] : undefined
  if (extra !== undefined)
    to.misfit(
      ['vault', 'address'],
      `expected the address of the server alone, without ${extra.replace(/\/$/, '')}`,
    )
  const template = withoutSlashes(said.path ?? standardPath)
  const vaultName = vaultNameOf(inputs)
  const path = documentPath(template, inputs, to, { ...to.names, user: vaultName })
  const auth = resolveAuth(inputs, to)
  const caCert = to.file(['vault', 'caCert'], said.caCert)
  if (!fits || !address || !auth || path === null) return null
  return {
    address,
    namespace: said.namespace === undefined ? null : withoutSlashes(said.namespace),
    caCert,
    mount: withoutSlashes(said.mount ?? 'secret'),
    path,
    vaultName: /\{user\}/.test(template) || !template.includes('{uid}') ? vaultName : to.names.uid,
    isPerHost: template.includes('{host}'),
    // A wrong limit costs nothing but itself.
    timeoutMs: all.duration(['vault', 'timeout'], said.timeout, {
      defaultMs: 3000,
      min: '100ms',
      max: '1m',
    }),
    auth,
  }
}

/** Vault prints mounts, namespaces and folders with a slash at the end, and some write one before. */
function withoutSlashes(text: string): string {
  return text.split('/').filter(Boolean).join('/')
}

function documentPath(
  template: string,
  { merged }: ResolveInputs,
  to: Resolving,
  names: TemplateNames,
): string | null {
  const wrong = (what: string) => to.misfit(['vault', 'path'], what)
  if (names.profile !== 'default' && !template.includes('{profile}'))
    wrong('expected {profile} in it, else two logins share one document')
  // The machine's file is for all its users; a user's own may name any document.
  const isForAll = to.data.vault?.path !== undefined && !merged.isUsers(['vault', 'path'])
  const tellsApart = template.split('/').some(part => part === '{user}' || part === '{uid}')
  if (isForAll && !tellsApart)
    wrong('expected {user} or {uid} between slashes, else all users share one document')
  const path = fillIn(template, names, 'plain')
  if ('expected' in path) {
    const isName = template.includes('{user}') && plainNameSlip(names.user) !== null
    wrong(
      isName
        ? `${path.expected}; {uid}, or vault_name in the roster, can stand for it`
        : path.expected,
    )
    return null
  }
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(path.value)) wrong('expected a path without . and ..')
  return path.value
}

/** What the roster calls this user in Vault; a user's own roster is not asked where the machine's file says whose document is whose. */
function vaultNameOf({ merged, system, roster, person }: ResolveInputs): string {
  const mayName = !merged.isUsers(['roster']) || system.vault === undefined
  return (mayName ? roster?.entry?.vault_name : undefined) ?? person.user
}

function resolveAuth(inputs: ResolveInputs, to: Resolving): VaultConfig['auth'] | null {
  const said = to.data.vault?.auth ?? {}
  const method = said.method ?? 'token'
  const other = method === 'token' ? 'jwt' : 'token'
  // A user whose method the machine's file overrules may leave its keys standing.
  if (!inputs.merged.overruled.includes('vault.auth.method'))
    for (const key of keysOfMethod[other])
      if (said[key] !== undefined)
        to.misfit(['vault', 'auth', key], `expected only with method: ${other}`)

  if (method === 'token') {
    const tokenFile = to.file(['vault', 'auth', 'tokenFile'], said.tokenFile)
    return { method, tokenFile: tokenFile ?? inputs.vaultToken }
  }
  const jwtFile = to.file(['vault', 'auth', 'jwtFile'], said.jwtFile)
  if (said.jwtFile === undefined)
    to.misfit(['vault', 'auth', 'method'], 'expected jwtFile beside method: jwt')
  const subject = fillIn(said.subject ?? '{user}', to.names, 'any')
  if ('expected' in subject) to.misfit(['vault', 'auth', 'subject'], subject.expected)
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
