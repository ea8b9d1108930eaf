// `offboard` in the configuration: how the admin signs in to Vault, how long a cut lasts before a login can be destroyed, and the site's own steps.

import type * as v from 'valibot'
import { commandForm, duration, isFullPath, map, path } from './forms.js'
import type { Resolving } from './resolving.js'
import { resolveVaultAuth, type VaultAuth, vaultAuthSchema } from './vault.js'

/** `offboard` as written. */
export const offboardSchema = map(
  {
    tokenFile: path(
      'A private file with the Vault token of the admin. Default: ~/.config/claude-auth/admin-token.',
    ),
    auth: vaultAuthSchema,
    wait: duration(
      '7d',
      'How long after the cut a login can be destroyed, 0s to 365d. Default: 7d.',
    ),
    command: commandForm(
      'A program that does the steps of the site: one JSON object on stdin, no shell. Exit code 0: done; 3: left to a person.',
    ),
  },
  'How the login of a person who leaves is ended.',
)

type OffboardText = NonNullable<v.InferOutput<typeof offboardSchema>>

export interface OffboardConfig {
  /** How the admin signs in to Vault; null where what is written can't be used. */
  auth: VaultAuth | null
  waitMs: number
  command: readonly string[] | null
}

/** What does not fit goes to `to.misfit`, and is at its default. */
export function resolveOffboard(said: OffboardText, home: string, to: Resolving): OffboardConfig {
  const auth = {
    ...said.auth,
    ...(said.tokenFile === undefined ? {} : { tokenFile: said.tokenFile }),
  }
  const isRunnable = isFullPath(said.command)
  if (!isRunnable) to.misfit(['offboard', 'command', 0], 'expected the full path of a program')
  return {
    auth: resolveVaultAuth(
      auth,
      { at: ['offboard', 'auth'], tokenFile: `${home}/.config/claude-auth/admin-token` },
      to,
    ),
    waitMs: to.duration(['offboard', 'wait'], said.wait, {
      defaultMs: 7 * 86_400_000,
      min: '0s',
      max: '365d',
    }),
    command: isRunnable ? (said.command ?? null) : null,
  }
}
