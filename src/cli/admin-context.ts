// What every command of the admin's side begins with: who asks, the configuration in force, and how requests leave this machine.

import type { Network } from '../anthropic/http.js'
import { networkOf } from '../anthropic/network.js'
import type { Config } from '../config/config.js'
import type { VaultAuth } from '../config/vault.js'
import { configOf, loginContextOf } from '../engine/login-context.js'
import { noSettings, readClientSettings, settingsFolder } from '../login/client-settings.js'
import type { StoreTrouble } from '../store/store.js'
import { openSite, type SiteVault } from '../store/vault/site.js'
import { withOwnHome } from '../system/environment.js'
import type { Env } from '../system/paths.js'
import { makeTrouble } from '../system/trouble.js'
import { currentFolder, type Person } from '../system/users.js'

export interface AdminContext {
  person: Person
  /** For all users of the machine; what it says of a login is this person's own. */
  config: Config
  network: Network
  now: () => number
}

/** Reads the configuration, and changes and caches nothing. Throws `config-invalid` and its kin. */
export async function adminContext(env: Env): Promise<AdminContext> {
  const place = loginContextOf(env)
  const { person, owned } = place
  const folder = settingsFolder(env, person.home)
  const settings = owned ? await readClientSettings({ folder, cwd: currentFolder() }) : noSettings
  const config = await configOf(place, env, { readOnly: true, isForAdmin: true })
  return { person, config, network: networkOf(env, settings), now: Date.now }
}

/**
 * Signs in to the Vault of the site as `auth` says; `isKept`: for who sends hundreds of requests. Trouble: none is
 * configured, or the sign-in.
 */
export async function siteVault(
  { person, config, network, now }: AdminContext,
  auth: VaultAuth | null,
  { isKept = false }: { isKept?: boolean } = {},
): Promise<SiteVault | StoreTrouble> {
  const { vaultServer } = config
  if (vaultServer === null || auth === null) {
    const missing = vaultServer === null ? 'vault.address' : 'the token of who asks'
    return {
      kind: 'denied',
      trouble: makeTrouble(`the configuration does not name ${missing}`, {
        place: '/etc/claude-auth/config.yaml',
        command: 'claude-auth doctor --only config',
      }),
    }
  }
  const { user, uid } = person
  return openSite(vaultServer, auth, { network, user, uid, now, isKept })
}

/** The environment for an admin's command: with no login to leave alone, in another user's home there is nothing to do for them. */
export function inOwnHome(env: Env): Env {
  return withOwnHome(env, process.geteuid?.() ?? -1)
}
