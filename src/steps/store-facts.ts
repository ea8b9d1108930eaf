// What the store said in this run, as facts for a decision.

import { isRightIdentity } from '../identity.js'
import { type Lineage, relation } from '../login/lineage.js'
import { type Login, tokenHash } from '../login/login.js'
import type { LoginFile } from '../login/login-file.js'
import type { Run } from '../run.js'
import type { StoreFacts } from '../state.js'
import type { StoredLogin } from '../store/document.js'
import { loginFacts } from './login-facts.js'

/** What the store said in this run counts more than what it was last known to hold. */
export function storedAccessHash({ asked, memory }: Run): string | null {
  if (asked?.kind === 'empty') return null
  if (asked?.kind === 'current' && asked.isCached)
    return asked.away === null ? null : (memory.stored?.accessHash ?? null)
  const stored = asked?.kind === 'current' ? asked.stored.login : null
  return stored ? tokenHash(stored.accessToken) : (memory.stored?.accessHash ?? null)
}

/** The store's copy beside the login in `file`, whose pedigree is `lineage`. */
export function storeFacts(run: Run, file: LoginFile, lineage: Lineage | null): StoreFacts {
  const { asked } = run
  if (run.store === null) return { kind: 'none' }
  if (asked === null) return { kind: 'unasked' }
  if (asked.kind !== 'current') return { kind: asked.kind }
  const { stored } = asked
  const away = asked.away !== null
  if (stored.login === null || stored.signedOutAtMs !== null)
    return { kind: 'current', login: null, newer: false, away }
  const login = loginFacts(run, stored.login, stored.backedUpAtMs ?? run.now())
  const mine = file.kind === 'login' ? file.login : null
  const newer = mine !== null && isNewer(stored, mine, lineage) && !isForeign(run, stored)
  return { kind: 'current', login, away, newer }
}

/** Known to be somebody else's: it is never better than ours. */
export function isForeign({ memory, config }: Run, { login, identity }: StoredLogin): boolean {
  if (login === null) return false
  const { verifiedCopy, pinned } = memory
  const isChecked =
    verifiedCopy?.kind === 'accepted' && verifiedCopy.accessHash === tokenHash(login.accessToken)
  const whose = isChecked ? verifiedCopy.identity : identity
  return whose !== null && !isRightIdentity(whose, config.identity, pinned)
}

/** By pedigree; by time only where one of the two has none. */
function isNewer(
  stored: { login: Login | null; lineage: Lineage | null },
  mine: Login,
  lineage: Lineage | null,
): boolean {
  if (stored.login === null || stored.login.accessToken === mine.accessToken) return false
  if (lineage === null || stored.lineage === null)
    return (stored.login.expiresAtMs ?? 0) > (mine.expiresAtMs ?? 0)
  const related = relation(lineage, stored.lineage)
  return related === 'unrelated'
    ? stored.lineage.signedInAtMs > lineage.signedInAtMs
    : related === 'theirs-newer'
}
