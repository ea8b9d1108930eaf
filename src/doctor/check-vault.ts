// Checks of Vault: the way into it, whom it keeps out, and the long-lived token in this user's document.

import type { SessionMemory } from '../login/memory.js'
import { troubleWords } from '../report/doctor-text.js'
import { vaultWords } from '../report/doctor-vault-text.js'
import { type Finding, found, ok } from './check.js'
import type { EngineFacts } from './facts-engine.js'
import type { LoginFacts } from './facts-login.js'
import type { VaultFacts } from './facts-vault.js'

/** Who runs Vault needs some days to hand out another token. */
const nearEndMs = 7 * 24 * 3_600_000

type Both = { login: LoginFacts; engine: EngineFacts }

/** The way into Vault: whose token, for how long, and what changed. */
export function vaultToken(
  vault: VaultFacts,
  { nowMs }: EngineFacts,
  { vaultSecret, place }: LoginFacts,
): Finding | null {
  const { trouble, token, drift, earlierDrift, config } = vault
  if (trouble !== null) {
    const isOpen = vaultSecret?.uid === place.person.uid && (vaultSecret.mode & 0o077) !== 0
    const fix = { do: 'chmod', path: vaultSecret?.path ?? '', mode: 0o600 } as const
    return found('fail', troubleWords(trouble.what), ...(isOpen ? [fix] : []))
  }
  if (drift !== null) return found('warn', vaultWords.drift(drift))
  if (token === null)
    return config.auth.method === 'jwt' && vault.isolation ? ok(vaultWords.jwt) : null
  const lasting = howLong(token, nowMs)
  if (earlierDrift === null || lasting.state !== 'ok') return lasting
  return found('note', vaultWords.earlierDrift(earlierDrift.what, earlierDrift.atMs, nowMs))
}

/** Without TLS, whoever holds the port while Vault is down would be handed the token. */
export function vaultTls({ config, plainListener }: VaultFacts): Finding | null {
  if (plainListener === null) return null
  if (plainListener.kind === 'foreign')
    return found('fail', vaultWords.strangersPort(config.address))
  return found('note', vaultWords.withoutTls(config.address))
}

function howLong(token: SessionMemory, nowMs: number): Finding {
  if (!token.isKnown) return ok(vaultWords.unknown)
  const { endsAtMs, isRenewable, refusedAtMs = null, lastEndAtMs = null } = token
  if (endsAtMs === null) return ok(vaultWords.endless)
  if (!isRenewable) return found('warn', vaultWords.notRenewable(endsAtMs, nowMs))
  if (refusedAtMs !== null) return found('warn', vaultWords.notRenewed(endsAtMs, nowMs))
  if (lastEndAtMs === null) return ok(vaultWords.period(endsAtMs, nowMs))
  const isNear = lastEndAtMs - nowMs < nearEndMs
  return found(isNear ? 'warn' : 'note', vaultWords.lastEnd(lastEndAtMs, nowMs))
}

/** Proved by asking for what is somebody else's. */
export function vaultIsolation({ isolation }: VaultFacts): Finding | null {
  if (isolation === null) return null
  if (isolation.kind === 'refused')
    return ok(vaultWords.isolated(isolation.paths, isolation.byReadingAlone))
  if (isolation.kind === 'open')
    return found('fail', vaultWords.open(isolation.path, isolation.can))
  return found('note', isolation.kind === 'silent' ? vaultWords.silent : vaultWords.onePath)
}

/** A long-lived token that nobody uses. */
export function setupToken({ login, engine }: Both): Finding | null {
  const kept = engine.store?.kind === 'current' ? engine.store.stored.setupToken : null
  if (kept === null || login.run.config.credential === 'long-lived') return null
  return found('note', vaultWords.unusedToken)
}

/** A long-lived token whose owner nobody wrote down: the server can't be asked. */
export function identityUnproved({ login, engine }: Both): Finding | null {
  const kept = engine.store?.kind === 'current' ? engine.store.stored.setupToken : null
  if (kept === null || login.run.config.credential !== 'long-lived') return null
  return kept.identity === null ? found('warn', vaultWords.unproved) : null
}
