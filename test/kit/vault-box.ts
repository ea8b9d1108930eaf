// A sandbox, or an engine, whose logins are backed up in a real OpenBao, as a site's user has it.

import { join } from 'node:path'
import type { Test } from 'tap'
import { whoAmI } from '../../src/system/users.js'
import { type Engine, type EngineOptions, engine } from './engine.js'
import type { OpenBao } from './openbao.js'
import type { Teardown } from './sandbox.js'
import { type Wrapped, type WrappedOptions, wrapped } from './wrapped.js'

/** Whose document it is: the account that runs the tests. */
export const me = whoAmI({ HOME: '/' }).user

/** `vault` of our configuration, with every key that a site would set. */
export function vaultConfig(bao: OpenBao, more: Record<string, unknown> = {}) {
  const caCert = bao.caFile === null ? {} : { caCert: bao.caFile }
  return { address: bao.address, timeout: '1s', ...caCert, ...more }
}

interface VaultOptions {
  /** `false`: the older policy of sites. */
  patch?: boolean
  /** More keys of `vault` in our configuration. */
  vault?: Record<string, unknown>
}

/** The installed wrapper on a machine with Vault; give `beside` for another host of the same user. */
export async function vaultBox(
  t: Teardown,
  bao: OpenBao,
  { patch = true, vault, ...options }: WrappedOptions & VaultOptions = {},
): Promise<Wrapped> {
  const config = { store: 'vault', vault: vaultConfig(bao, vault), ...options.config }
  const box = await wrapped(t, { ...options, config })
  const tokenFile = join(box.home.path, '.config/claude-auth/vault-token')
  box.home.write(tokenFile, `${await bao.userToken(me, { patch })}\n`)
  return box
}

/** The engine in process with Vault. */
export async function vaultEngine(
  t: Test,
  bao: OpenBao,
  { patch = true, vault, ...options }: EngineOptions & VaultOptions = {},
): Promise<Engine> {
  const config = { store: 'vault', vault: vaultConfig(bao, vault), ...options.config }
  const at = await engine(t, { ...options, config })
  at.home.write(
    join(at.home.path, '.config/claude-auth/vault-token'),
    `${await bao.userToken(me, { patch })}\n`,
  )
  return at
}
