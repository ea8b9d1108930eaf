// The session with Vault: the token as it is now, and whether it opens what is somebody else's.

import { type Listener, listenerFor } from '../anthropic/loopback.js'
import type { VaultConfig } from '../host/config/resolved.js'
import type { Memory, SessionMemory } from '../login/memory.js'
import { readMemory } from '../login/read-memory.js'
import { readJournal } from '../report/read-journal.js'
import type { Run } from '../run.js'
import { fileTrouble, openSession } from '../store/open-vault.js'
import type { StoreTrouble } from '../store/store.js'
import { judgeToken } from '../store/vault-token-rule.js'
import type { EngineFacts } from './facts-engine.js'
import {
  type Capabilities,
  capabilitiesOf,
  type Isolation,
  isolationOf,
  othersOf,
  renewalPath,
} from './facts-isolation.js'
import type { LoginFacts } from './facts-login.js'

export interface VaultFacts {
  config: VaultConfig
  /** The token or JWT is what keeps us out. */
  trouble: StoreTrouble | null
  /** As Vault says of it now; null for a JWT, and where it could not be asked. */
  token: SessionMemory | null
  /** What changed since an earlier run looked it up. */
  drift: string | null
  /** The last change that a run saw, if it was within some days. */
  earlierDrift: { what: string; atMs: number } | null
  isolation: Isolation | null
  /** Who answers at an address without TLS; null for one with TLS. */
  plainListener: Listener | null
}

const driftKeptMs = 7 * 24 * 3_600_000

/** Null fields where there is no Vault to ask: offline, where only its files are looked at, or `store` is another. */
export async function vaultFacts(
  { run, place }: LoginFacts,
  { store }: EngineFacts,
): Promise<VaultFacts> {
  const config = run.config.vault
  if (config === null) throw new Error('no Vault is configured')
  const earlierDrift = earlierDriftOf(run)
  const plainListener = listenerFor(config.address, run.person.uid)
  const empty = { trouble: null, token: null, drift: null, isolation: null }
  const nothing = { config, earlierDrift, plainListener, ...empty }
  if (!place.owned) return nothing
  if (run.offline) return { ...nothing, trouble: fileTrouble(config, run.person.uid) }
  const { network, person, memory } = run
  const options = {
    now: run.now,
    known: memory.vault,
    mayRenew: false,
    remember: () => undefined,
    expectedEmail: run.config.identity.email,
  }
  const opened = openSession(config, { network, person, session: options })
  if ('kind' in opened) return { ...nothing, trouble: opened }
  const { client, session } = opened
  const way = await session.token()
  if (way.kind !== 'open') return { ...nothing, trouble: way.kind === 'denied' ? way : null }
  const isDenied = (trouble: unknown) => (trouble as StoreTrouble | null)?.kind === 'denied'
  const refused = isDenied(store) || (store?.kind === 'current' && isDenied(store.away))
  const why = refused ? await session.whyRefused() : null
  if (why !== null) return { ...nothing, trouble: why }

  const before = readMemory(place.paths.stateFile, { orEmpty: true })
  const ask = { client, token: way.token }
  const others = othersOf(run, config)
  const capabilities = await capabilitiesOf(ask, others, config)
  return {
    ...nothing,
    token:
      config.auth.method === 'token'
        ? withRefusal(memory.vault, before, capabilities, run.now())
        : null,
    drift: driftOf(run, before, config),
    isolation: await isolationOf(ask, others, config, capabilities),
  }
}

/** That Vault refuses to renew it, a run that tried knows, or Vault says so itself. */
function withRefusal(
  token: SessionMemory | null,
  { vault }: Memory,
  capabilities: Capabilities | null,
  nowMs: number,
): SessionMemory | null {
  if (token === null) return null
  const before = token.hash === vault?.hash ? (vault.refusedAtMs ?? null) : null
  const isDenied = capabilities?.[renewalPath]?.includes('deny') === true
  return { ...token, refusedAtMs: isDenied ? nowMs : before }
}

function driftOf(run: Run, before: Memory, { auth, vaultName }: VaultConfig): string | null {
  const seen = run.memory.vault
  if (seen === null || before.vault === null || auth.method !== 'token') return null
  const owner = { user: run.person.user, vaultName, file: auth.tokenFile }
  const judged = judgeToken(seen, owner, before.vault, run.now())
  return judged.kind === 'allowed' ? judged.drift : null
}

/** Runs tell it once, and whoever they told it may not have been there. */
function earlierDriftOf({ paths, now }: Run): VaultFacts['earlierDrift'] {
  const { lines } = readJournal(paths.journal)
  const last = lines.findLast(({ entry }) => entry.did === 'vault-token')
  if (last?.entry.detail === undefined || now() - last.atMs > driftKeptMs) return null
  return { what: last.entry.detail, atMs: last.atMs }
}
