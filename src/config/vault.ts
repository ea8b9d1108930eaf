// `vault` in the configuration: where the document of this user is, and how to sign in to Vault.

import * as v from 'valibot'
import { addressExpected, serverAddress } from '../system/endpoint.js'
import type { Resolving } from './forms.js'
import { duration, map, oneOf, path, text } from './forms.js'
import { fillIn, plainNameSlip } from './template.js'

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Names between slashes; those at either end, as Vault prints them (`secret/`), are left out later. */
export const slashed = /^\/*[^\s/?#%]+(?:\/+[^\s/?#%]+)*\/*$/

/** How to sign in, as written: for the user's own document, and for who looks at all of them. */
export const vaultAuthSchema = map(
  {
    method: oneOf(['token', 'jwt'], 'How to sign in to Vault. Default: token.'),
    tokenFile: path(
      'token: a private file with the Vault token. Default: vault-token beside the user’s configuration.',
    ),
    mount: text(slashed, 'the name of an auth mount', 'jwt: the auth mount. Default: jwt.'),
    role: text(namePattern, 'the name of a role', 'jwt: the role. Default: claude-auth.'),
    jwtFile: path('jwt: a private file with the JSON Web Token. Required for jwt.'),
    audience: text(
      /^[\x21-\x7e]+$/,
      'an audience without spaces',
      'jwt: what the token must be made out for (`aud`). Default: any, as long as there is one.',
    ),
    subject: text(
      /^[\x21-\x7e]+$/,
      'a subject such as {user}',
      'jwt: whom the token must name (`sub`); the address in identity.email is accepted too. {user}, {uid}, {host} and {profile} are filled in. Default: {user}.',
    ),
  },
  'How to sign in to Vault. VAULT_* variables are ignored.',
)

/** `vault` as written. */
export const vaultSchema = map(
  {
    address: v.optional(
      v.pipe(v.string(addressExpected), v.description('The address of Vault or OpenBao.')),
    ),
    namespace: text(slashed, 'a namespace such as team/one', 'The namespace.'),
    caCert: path('A PEM file with the authorities to trust for Vault, beside the usual ones.'),
    mount: text(slashed, 'the mount of a KV version 2 engine', 'The KV v2 mount. Default: secret.'),
    path: text(
      slashed,
      'a path such as workstation/claude-users/{user}',
      'The document of one user, inside the mount. {user}, {uid}, {host} and {profile} are filled in. Default: workstation/claude-users/{user}.',
    ),
    timeout: duration('3s', 'How long one request to Vault may take, 100ms to 1m. Default: 3s.'),
    auth: vaultAuthSchema,
  },
  'Where logins are backed up with store: vault.',
)

/** Where Vault is, and where in it the documents of all users are. */
export interface VaultServer {
  address: string
  namespace: string | null
  caCert: string | null
  mount: string
  /** The path of a document inside the mount, with the names still in braces. */
  template: string
  timeoutMs: number
}

/** How to sign in to Vault. */
export type VaultAuth =
  | { method: 'token'; tokenFile: string }
  | {
      method: 'jwt'
      mount: string
      role: string
      jwtFile: string
      /** What `aud` must contain; null where the configuration does not say. */
      audience: string | null
      /** What `sub` must be. */
      subject: string
    }

/** Where the document of one user is. */
export interface VaultConfig extends VaultServer {
  path: string
  /** This user's name there: in the path, and by policies and display names of tokens. */
  vaultName: string
  /** The path names the host: each host has a document of its own. */
  isPerHost: boolean
  auth: VaultAuth
}

const standardPath = 'workstation/claude-users/{user}'
const keysOfMethod = {
  token: ['tokenFile'],
  jwt: ['mount', 'role', 'jwtFile', 'audience', 'subject'],
} as const

type VaultText = NonNullable<v.InferOutput<typeof vaultSchema>>
type VaultAuthText = NonNullable<v.InferOutput<typeof vaultAuthSchema>>

/** What is written of Vault, and what else it takes to find one user's document there. */
export interface VaultInputs {
  said: VaultText
  /** The machine's file says something of Vault. */
  isMachines: boolean
  /** What the roster calls this user in Vault. */
  listedName: string | undefined
  /** The user's method of signing in is overruled by the machine's file: its other keys may stay in theirs. */
  isMethodOverruled: boolean
  /** Where the Vault token is unless the configuration says so. */
  tokenFile: string
}

/** Null where the address or the authorities are not such as can be used; `to.misfit` is told. */
export function resolveVaultServer(said: VaultText, to: Resolving): VaultServer | null {
  const address = said.address === undefined ? undefined : serverAddress(said.address)
  if (address === undefined) to.misfit(['store'], 'expected vault.address beside store: vault')
  if (address === null) to.misfit(['vault', 'address'], `expected ${addressExpected}`)
  const extra = address ? /\/(?:v1$|ui(?:\/|$))/.exec(new URL(address).pathname)?.[0] : undefined
  if (extra !== undefined)
    to.misfit(
      ['vault', 'address'],
      `expected the address of the server alone, without ${extra.replace(/\/$/, '')}`,
    )
  const caCert = to.file(['vault', 'caCert'], said.caCert)
  const isNamed = said.caCert === undefined || caCert !== null
  if (!address || extra !== undefined || !isNamed) return null
  return {
    address,
    namespace: said.namespace === undefined ? null : withoutSlashes(said.namespace),
    caCert,
    mount: withoutSlashes(said.mount ?? 'secret'),
    template: withoutSlashes(said.path ?? standardPath),
    timeoutMs: to.duration(['vault', 'timeout'], said.timeout, {
      defaultMs: 3000,
      min: '100ms',
      max: '1m',
    }),
  }
}

/** Null when it does not fit this user: then `to.misfit` was told which rule failed, and there is no copy in Vault. */
export function resolveVault(inputs: VaultInputs, all: Resolving): VaultConfig | null {
  const { said } = inputs
  // A wrong limit costs nothing but itself.
  const server = resolveVaultServer(said, all)
  let fits = true
  const to = all.noting(() => {
    fits = false
  })
  const template = withoutSlashes(said.path ?? standardPath)
  // A user's own roster is not asked where the machine's file says whose document is whose.
  const mayName = !to.isUsers(['roster']) || !inputs.isMachines
  const vaultName = (mayName ? inputs.listedName : undefined) ?? to.names.user
  const path = documentPath(template, said, { ...to, names: { ...to.names, user: vaultName } })
  const auth = resolveAuth(inputs, to)
  if (!fits || server === null || !auth || path === null) return null
  return {
    ...server,
    path,
    vaultName: /\{user\}/.test(template) || !template.includes('{uid}') ? vaultName : to.names.uid,
    isPerHost: template.includes('{host}'),
    auth,
  }
}

/** Vault prints mounts, namespaces and folders with a slash at the end, and some write one before. */
export function withoutSlashes(text: string): string {
  return text.split('/').filter(Boolean).join('/')
}

function documentPath(template: string, said: VaultText, to: Resolving): string | null {
  const { names } = to
  const wrong = (what: string) => to.misfit(['vault', 'path'], what)
  if (names.profile !== 'default' && !template.includes('{profile}'))
    wrong('expected {profile} in it, else two logins share one document')
  // The machine's file is for all its users; a user's own may name any document.
  const isForAll = said.path !== undefined && !to.isUsers(['vault', 'path'])
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

function resolveAuth(inputs: VaultInputs, to: Resolving): VaultAuth | null {
  const said = inputs.said.auth ?? {}
  const method = said.method ?? 'token'
  const other = method === 'token' ? 'jwt' : 'token'
  // A user whose method the machine's file overrules may leave its keys standing.
  if (!inputs.isMethodOverruled)
    for (const key of keysOfMethod[other])
      if (said[key] !== undefined)
        to.misfit(['vault', 'auth', key], `expected only with method: ${other}`)
  return resolveVaultAuth(said, { at: ['vault', 'auth'], tokenFile: inputs.tokenFile }, to)
}

/** How to sign in, of what is written at `at`; null where that can't be used, and `to.misfit` is told. */
export function resolveVaultAuth(
  said: VaultAuthText,
  { at, tokenFile: standard }: { at: readonly string[]; tokenFile: string },
  to: Resolving,
): VaultAuth | null {
  if ((said.method ?? 'token') === 'token') {
    const tokenFile = to.file([...at, 'tokenFile'], said.tokenFile)
    return { method: 'token', tokenFile: tokenFile ?? standard }
  }
  const jwtFile = to.file([...at, 'jwtFile'], said.jwtFile)
  if (said.jwtFile === undefined)
    to.misfit([...at, 'method'], 'expected jwtFile beside method: jwt')
  const subject = fillIn(said.subject ?? '{user}', to.names, 'any')
  if ('expected' in subject) to.misfit([...at, 'subject'], subject.expected)
  if (jwtFile === null || 'expected' in subject) return null
  return {
    method: 'jwt',
    mount: withoutSlashes(said.mount ?? 'jwt').replace(/^auth\/(?=.)/, ''),
    role: said.role ?? 'claude-auth',
    jwtFile,
    audience: said.audience ?? null,
    subject: subject.value,
  }
}
