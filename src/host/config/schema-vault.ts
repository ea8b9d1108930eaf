// The schema of `vault`: where a login is backed up, and how to sign in there.

import * as v from 'valibot'
import { addressExpected } from '../endpoint.js'
import { duration, map, oneOf, path, text } from './schema-forms.js'

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Names between slashes; those at either end, as Vault prints them (`secret/`), are left out later. */
const slashed = /^\/*[^\s/?#%]+(?:\/+[^\s/?#%]+)*\/*$/

const auth = map(
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

export const vault = map(
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
    auth,
  },
  'Where logins are backed up with store: vault.',
)
