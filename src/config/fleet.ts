// `fleet` in the configuration: where the health records of all users are, who looks at them, and where the view is written.

import type * as v from 'valibot'
import { duration, map, path, text, truth } from './forms.js'
import type { Resolving } from './resolving.js'
import { fillIn, plainNameSlip } from './template.js'
import {
  resolveVaultAuth,
  slashed,
  type VaultAuth,
  vaultAuthSchema,
  withoutSlashes,
} from './vault.js'

/** `fleet` as written. */
export const fleetSchema = map(
  {
    path: text(
      slashed,
      'a path such as workstation/claude-fleet/{user}',
      'The health record of one user, inside the KV mount: metadata only, never data. Default: workstation/claude-fleet/{user}.',
    ),
    publish: truth(
      'Whether each login publishes its health record, with store: vault. Default: true.',
    ),
    silentAfter: duration(
      '26h',
      'After how long without news a login counts as silent, 1h to 365d. Default: 26h.',
    ),
    tokenFile: path('A private file with the Vault token of the one who looks.'),
    auth: vaultAuthSchema,
    textfile: path('The file that node_exporter collects (*.prom).'),
    page: path('The page of the view (HTML).'),
  },
  'The view of all logins of a site.',
)

type FleetText = NonNullable<v.InferOutput<typeof fleetSchema>>

export interface FleetConfig {
  /** This user's health record, inside the KV mount; null where the user's name can stand in no path. */
  path: string | null
  /** The folder of all records: one below it for each user. */
  folder: string
  publish: boolean
  silentAfterMs: number
  /** How the one who looks signs in to Vault; null: the view is made from the homes of this machine. */
  auth: VaultAuth | null
  textfile: string | null
  page: string | null
}

const standardPath = 'workstation/claude-fleet/{user}'
const isRecordPath = /^[^{}]+\/\{user\}$/

/** `vaultName`: what this user is called in Vault. */
export function resolveFleet(said: FleetText, vaultName: string, to: Resolving): FleetConfig {
  const written = withoutSlashes(said.path ?? standardPath)
  const isUsable = isRecordPath.test(written)
  if (!isUsable)
    to.misfit(
      ['fleet', 'path'],
      'expected a folder and {user}, such as workstation/claude-fleet/{user}',
    )
  const template = isUsable ? written : standardPath
  const isNamed = plainNameSlip(vaultName) === null
  const filled = fillIn(template, { ...to.names, user: vaultName }, 'plain')
  const isSaid = said.tokenFile !== undefined || said.auth !== undefined
  const auth = {
    ...said.auth,
    ...(said.tokenFile === undefined ? {} : { tokenFile: said.tokenFile }),
  }
  return {
    path: isUsable && isNamed && 'value' in filled ? filled.value : null,
    folder: template.slice(0, template.lastIndexOf('/')),
    publish: said.publish ?? true,
    silentAfterMs: to.duration(['fleet', 'silentAfter'], said.silentAfter, {
      defaultMs: 26 * 3_600_000,
      min: '1h',
      max: '365d',
    }),
    auth: isSaid
      ? resolveVaultAuth(
          auth,
          { at: ['fleet', 'auth'], tokenFile: '/etc/claude-auth/fleet-token' },
          to,
        )
      : null,
    textfile: to.file(['fleet', 'textfile'], said.textfile),
    page: to.file(['fleet', 'page'], said.page),
  }
}
