// What may stand in a config file: the keys, their form, and the sentence an editor shows for each. Larger keys have a file each.

import * as v from 'valibot'
import { endpointExpected } from '../system/endpoint.js'
import { percentPattern } from '../text/durations.js'
import { alertsSchema } from './alerts.js'
import { baseSchema } from './base.js'
import { changesSchema } from './changes.js'
import { fleetSchema } from './fleet.js'
import { duration, map, oneOf, path, text } from './forms.js'
import { identitySchema } from './identity.js'
import { offboardSchema } from './offboard.js'
import { profilesSchema } from './profiles.js'
import { rosterFromSchema } from './roster-from.js'
import { vaultSchema } from './vault.js'

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

const endpoint = (meaning: string) =>
  v.optional(v.pipe(v.string(endpointExpected), v.description(meaning)))

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
      identity: identitySchema,
      roster: path('A YAML file that lists the users of this site.'),
      credential: oneOf(
        ['login', 'long-lived'],
        'A login that is renewed, or a token of about a year. Default: login.',
      ),
      store: oneOf(['local', 'vault', 'none'], 'Where logins are backed up. Default: local.'),
      vault: vaultSchema,
      local: map(
        { keyFile: path('The sealed store’s key elsewhere, such as a systemd credential.') },
        'The sealed local store.',
      ),
      custody: oneOf(
        ['shared', 'sole'],
        'Who holds the refresh token: the login file too, or claude-auth alone. Default: shared.',
      ),
      renewal,
      alerts: alertsSchema,
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
      profiles: profilesSchema,
      fleet: fleetSchema,
      rosterFrom: rosterFromSchema,
      offboard: offboardSchema,
      changes: changesSchema,
      base: baseSchema,
    },
    'a map of keys',
  ),
  v.title('Configuration of claude-auth'),
  v.description('/etc/claude-auth/config.yaml or ~/.config/claude-auth/config.yaml'),
)

export type ConfigFile = v.InferOutput<typeof configFileSchema>
