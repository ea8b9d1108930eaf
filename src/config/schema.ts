// The forms that config values have, each with its expectation and the sentence an editor shows.

import * as v from 'valibot'
import { addressExpected, endpointExpected } from '../system/endpoint.js'
import { durationPattern, percentPattern } from '../text/durations.js'

// Every message is what was expected, to be read after "expected". A file states only what it wants
// to change, so every form is optional.

const oneOf = <const T extends readonly string[]>(words: T, meaning: string) =>
  v.optional(
    v.pipe(
      v.picklist(words, words.join(', ').replace(/, (\S+)$/, ' or $1')),
      v.description(meaning),
    ),
  )

const matching = (pattern: RegExp, expected: string, meaning: string) =>
  v.pipe(v.string(expected), v.regex(pattern, expected), v.description(meaning))

const text = (pattern: RegExp, expected: string, meaning: string) =>
  v.optional(matching(pattern, expected, meaning))

const path = (meaning: string) =>
  text(/^(?:\/|~\/)./, 'an absolute path, or one that begins with ~/', meaning)

const duration = (example: string, meaning: string) =>
  text(durationPattern, `a duration such as ${example}`, meaning)

export const uuid = (meaning: string) =>
  text(/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'a UUID', meaning)

const map = <const T extends v.ObjectEntries>(entries: T, meaning: string) =>
  v.optional(v.pipe(v.strictObject(entries, 'a map of keys'), v.description(meaning)))

// The schema of `vault`: where a login is backed up, and how to sign in there.

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

const vault = map(
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

// What may stand in a config file: the keys, their form, and the sentence an editor shows for each.

const identity = map(
  {
    organizationUuid: uuid('The only organisation whose login is accepted.'),
    email: text(
      /^[^\s@<>"'\\,;:()-][^\s@<>"'\\,;:()]*@[^\s@<>"'\\,;:()]+$/,
      'an e-mail address such as "{user}@example.com"',
      'The e-mail address to sign in with. {user}, {uid}, {host} and {profile} are filled in.',
    ),
    accountUuid: uuid(
      'The only account whose login is accepted; it outweighs the e-mail address, unless the machine’s file sets that.',
    ),
  },
  'Whose login is accepted; any other is never backed up and never overwrites.',
)

const renewal = map(
  {
    via: oneOf(
      ['grant', 'client'],
      'Who asks the token endpoint: claude-auth, or only the official client (custody: shared). Default: grant.',
    ),
    at: text(
      percentPattern,
      'a percentage such as 50%',
      'The part of a token’s life after which it is renewed. Default: 50%.',
    ),
    verifyEvery: duration(
      '1h',
      'How often the server is asked whose login it is, at least 1m. Default: 1h.',
    ),
    launchWait: duration('10s', 'How long a launch waits for a renewal, 1s to 2m. Default: 10s.'),
  },
  'When and by whom a login is renewed.',
)

const address = matching(
  /^[^\s@<>"\\,;:()-][^\s@<>"\\,;:()]*@[^\s@<>"\\,;:()]+$/,
  'an e-mail address such as ops@example.com',
  'An e-mail address; {user} and {host} are filled in.',
)

const alerts = map(
  {
    slack: map(
      { webhookFile: path('A private file with the webhook’s URL.') },
      'Tell a Slack channel.',
    ),
    teams: map(
      { webhookFile: path('A private file with the URL of a Teams workflow.') },
      'Tell a Microsoft Teams channel.',
    ),
    email: map(
      {
        to: v.optional(
          v.pipe(
            v.union([address, v.array(address)], 'an e-mail address, or a list of them'),
            v.description('Who gets the message.'),
          ),
        ),
        from: v.optional(
          v.pipe(address, v.description('The sender. Default: the user on this host.')),
        ),
        sendmail: path('The program that takes the message. Default: /usr/sbin/sendmail.'),
      },
      'Send an e-mail by the mail system of the machine.',
    ),
    command: v.optional(
      v.pipe(
        v.array(
          v.pipe(v.string('a text'), v.nonEmpty('a text')),
          'a list such as [program, argument]',
        ),
        v.minLength(1, 'a list such as [program, argument]'),
        v.description('A program that is given each alert as JSON on stdin; no shell is involved.'),
      ),
    ),
    runbook: text(
      /^https?:\/\/\S+$/,
      'a web address',
      'The page where a person can read what to do.',
    ),
    beforeLoginEnds: v.optional(
      v.pipe(
        v.array(
          matching(durationPattern, 'a duration such as 7d', 'How long before.'),
          'a list such as [7d, 3d, 1d]',
        ),
        v.description(
          'How long before the end of a login to warn. Default: [7d, 3d, 1d]; [] never warns.',
        ),
      ),
    ),
  },
  'Who is told when a person is needed, and when that is over.',
)

const endpoint = (meaning: string) =>
  v.optional(v.pipe(v.string(endpointExpected), v.description(meaning)))

const profile = v.strictObject(
  {
    name: matching(/^[a-z0-9][a-z0-9._-]*$/, 'a name such as work', 'The name, for {profile}.'),
    folder: v.pipe(
      v.string('a folder such as ~/.claude-work'),
      v.regex(/^(?:\/|~\/)./, 'a folder such as ~/.claude-work'),
      v.description('The login folder.'),
    ),
  },
  'a map such as {name: work, folder: ~/.claude-work}',
)

/** One config file, as written. Null stands for "not set" and is dropped before. */
export const configFileSchema = v.pipe(
  v.strictObject(
    {
      version: v.optional(
        v.pipe(
          v.literal(1, '1, the only version there is'),
          v.description('The version of this format.'),
        ),
      ),
      mode: oneOf(
        ['on', 'observe', 'off'],
        'on; observe: decide and report, never act; off: do nothing at all. Default: on.',
      ),
      client: path('The real client, where it is not found by itself.'),
      identity,
      roster: path('A YAML file that lists the users of this site.'),
      credential: oneOf(
        ['login', 'long-lived'],
        'A login that is renewed, or a token of about a year. Default: login.',
      ),
      store: oneOf(['local', 'vault', 'none'], 'Where logins are backed up. Default: local.'),
      vault,
      local: map(
        { keyFile: path('The sealed store’s key elsewhere, such as a systemd credential.') },
        'The sealed local store.',
      ),
      custody: oneOf(
        ['shared', 'sole'],
        'Who holds the refresh token: the login file too, or claude-auth alone. Default: shared.',
      ),
      renewal,
      alerts,
      onSignInRequired: oneOf(
        ['continue', 'fail', 'prompt'],
        'What a launch does when only a person can help. Default: prompt at a terminal without -p, else continue.',
      ),
      endpoints: map(
        {
          oauth: endpoint('The token endpoint’s server. Default: https://platform.claude.com.'),
          api: endpoint('The API’s server. Default: https://api.anthropic.com.'),
        },
        'The servers to talk to.',
      ),
      profiles: v.optional(
        v.pipe(
          v.array(profile, 'a list of {name, folder}'),
          v.description('Login folders to look after beside ~/.claude.'),
        ),
      ),
    },
    'a map of keys',
  ),
  v.title('Configuration of claude-auth'),
  v.description('/etc/claude-auth/config.yaml or ~/.config/claude-auth/config.yaml'),
)

export type ConfigFile = v.InferOutput<typeof configFileSchema>
