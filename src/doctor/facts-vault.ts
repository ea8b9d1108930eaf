// The session with Vault: the token as it is now, and whether it opens what is somebody else's.

import { readFileSync } from 'node:fs'
import type { VaultConfig } from '../host/config/resolved.js'
import type { Memory, SessionMemory } from '../login/memory.js'
import { readMemory } from '../login/read-memory.js'
import { readJournal } from '../report/read-journal.js'
import type { Run } from '../run.js'
import { openSession } from '../store/open-vault.js'
import type { StoreTrouble } from '../store/store.js'
import { judgeToken } from '../store/vault-token-rule.js'
import type { EngineFacts } from './facts-engine.js'
import type { LoginFacts } from './facts-login.js'

/** What came of reading another user's document. `silent`: Vault gave no answer about it. */
export type Isolation =
  | { kind: 'refused'; paths: number }
  | { kind: 'open'; path: string }
  | { kind: 'silent' }
  /** The configured path names no user, so nobody's is another's. */
  | { kind: 'one-path' }

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
}

const askedNeighbours = 3
const driftKeptMs = 7 * 24 * 3_600_000

/** Null fields where there is no Vault to ask: offline, or `store` is another. */
export async function vaultFacts(
  { run, place }: LoginFacts,
  { store }: EngineFacts,
): Promise<VaultFacts> {
  const config = run.config.vault
  if (config === null) throw new Error('no Vault is configured')
  const earlierDrift = earlierDriftOf(run)
  const nothing = { config, trouble: null, token: null, drift: null, earlierDrift, isolation: null }
  if (run.offline || !place.owned) return nothing
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

  const before = readMemory(place.paths.stateFile)
  const read = async (path: string) => {
    const at = `${config.mount}/data/${path}`
    const reply = await client.request({ method: 'GET', path: at, token: way.token })
    return reply.kind === 'reply' ? reply.status : null
  }
  return {
    ...nothing,
    token: config.auth.method === 'token' ? withRefusal(memory.vault, before) : null,
    drift: driftOf(run, before, config),
    isolation: await isolationOf(config, run, read),
  }
}

/** That Vault refuses to renew it, only a run that tried knows. */
function withRefusal(token: SessionMemory | null, { vault }: Memory): SessionMemory | null {
  if (token === null || token.hash !== vault?.hash) return token
  return { ...token, refusedAtMs: vault.refusedAtMs ?? null }
}

function driftOf(run: Run, before: Memory, { auth }: VaultConfig): string | null {
  const seen = run.memory.vault
  if (seen === null || before.vault === null || auth.method !== 'token') return null
  const owner = { user: run.person.user, file: auth.tokenFile }
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

/**
 * Asks for the documents of others with our own token. Whatever is in an answer is thrown away with
 * it: only its status is looked at.
 */
async function isolationOf(
  { path }: VaultConfig,
  { person }: Run,
  read: (path: string) => Promise<number | null>,
): Promise<Isolation> {
  const parts = path.split('/')
  if (!parts.includes(person.user)) return { kind: 'one-path' }
  const others = neighbours(person.user).map(other =>
    parts.map(part => (part === person.user ? other : part)).join('/'),
  )
  let paths = 0
  for (const other of others) {
    const status = await read(other)
    if (status === 200 || status === 404) return { kind: 'open', path: other }
    if (status === 403) paths += 1
  }
  return paths === 0 ? { kind: 'silent' } : { kind: 'refused', paths }
}

/** Users of this machine, and one that nobody has: a policy that opens all opens that too. */
function neighbours(user: string): string[] {
  const others = peopleHere().filter(name => name !== user && /^[a-z0-9][a-z0-9._-]*$/.test(name))
  return [...others.slice(0, askedNeighbours - 1), 'claude-auth-nobody']
}

/** Of the password file; those of a directory service are not looked for. */
function peopleHere(): string[] {
  let text = ''
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    // Nobody is known then, and the one that nobody has is asked about.
  }
  return text
    .split('\n')
    .map(line => line.split(':'))
    .filter(([, , uid]) => Number(uid) >= 1000 && Number(uid) < 60_000)
    .map(([name]) => name ?? '')
}
