// "Did you mean": the key that a person most likely meant.

import t from 'tap'
import { knownKeys } from '../../src/config/schema.js'
import { nearestKey } from '../../src/text/nearest.js'

const table: [typed: string, meant: string | null][] = [
  ['mod', 'mode'],
  ['identity.organization_uuid', 'identity.organizationUuid'],
  ['identity.mail', 'identity.email'],
  ['renewal.lauchWait', 'renewal.launchWait'],
  ['launchWait', 'renewal.launchWait'],
  ['alerts.slack.webhook', 'alerts.slack.webhookFile'],
  ['profiles[3].folders', 'profiles[].folder'],
  ['vault.adress', 'vault.address'],
  ['on_sign_in_required', 'onSignInRequired'],
  ['zebra', null],
  ['x', null],
]

for (const [typed, meant] of table)
  t.test(`${typed} is taken for ${meant}`, async t => {
    t.equal(nearestKey(typed, knownKeys()), meant)
  })
