// Recording a new long-lived token: into the document, with what can't be asked of the server later.

import { tokenHash } from '../login/login.js'
import { isConfigured, isRightIdentity } from '../policy/identity.js'
import type { Identity } from '../policy/outcome.js'
import { setupTokenKeys } from '../store/document.js'
import type { StoreRead } from '../store/store.js'
import type { JsonObject } from '../system/json.js'
import { dayMs } from '../system/time.js'
import { AuthError, makeTrouble, type Trouble } from '../system/trouble.js'
import { removeQuietly } from '../system/write-file.js'
import { troubleText } from '../text/trouble.js'
import { readStore } from './read-store.js'
import { commit, type Run } from './run.js'

/** About one year, as the client says (2.1.330); the exact end is not known. */
const lifeMs = 365 * dayMs
/** Others may write to the same document. */
const mostTries = 3

/**
 * Puts `token`, minted just now, into the document and gives its recorded end (epoch ms). Where it
 * takes effect at once it is a sign-in: a log-out before it is over. Throws `store-unreadable`.
 */
export async function recordToken(run: Run, token: string): Promise<number> {
  const mintedAtMs = run.now()
  const endsAtMs = mintedAtMs + lifeMs
  const identity = identityOf(run)
  const keys = setupTokenKeys({ token, mintedAtMs, endsAtMs, identity })
  let trouble = makeTrouble('other writes to the store kept coming in between')
  for (let tries = 0; tries < mostTries; tries++) {
    const read = await readStore(run)
    const away = awayOf(read)
    if (away !== null) throw notStored(away)
    const version = 'version' in read ? read.version : 0
    const all = { ...keys, ...signedInAgain(run, read), claude_auth_write_id: run.nonce() }
    const outcome = await run.store?.change(all, version)
    if (outcome?.kind === 'written') {
      done(run, token)
      return endsAtMs
    }
    if (outcome !== undefined && 'trouble' in outcome) trouble = outcome.trouble
  }
  throw notStored(trouble)
}

function done(run: Run, token: string) {
  // The next run asks the store again what it holds.
  commit(run, {
    learned: { storeRead: null },
    journal: { did: 'record-token', because: 'forced', after: tokenHash(token) },
  })
  if (!takesEffect(run)) return
  removeQuietly(run.paths.signedOut)
  if (run.memory.signedOut !== null) commit(run, { memory: { signedOut: null } })
}

function takesEffect({ config }: Run): boolean {
  return config.credential === 'long-lived' && config.mode === 'on'
}

function signedInAgain(run: Run, read: StoreRead): JsonObject {
  const isSignedOut = read.kind === 'current' && read.stored.signedOutAtMs !== null
  return isSignedOut && takesEffect(run) ? { claude_auth_signed_out: null } : {}
}

/** As the server last said it of this user's own login, else as far as it is configured or pinned. */
function identityOf({ memory, config }: Run): Identity | null {
  const { verification, pinned } = memory
  const found = verification?.kind === 'accepted' ? verification.identity : null
  if (found !== null && isRightIdentity(found, config.identity, pinned)) return found
  return isConfigured(config.identity) ? config.identity : pinned
}

function awayOf(read: StoreRead): Trouble | null {
  if (read.kind === 'unreachable' || read.kind === 'denied') return read.trouble
  return read.kind === 'current' ? (read.away?.trouble ?? null) : null
}

function notStored(why: Trouble): AuthError {
  return new AuthError('store-unreadable', `the token could not be stored: ${troubleText(why)}`, {
    hint: 'claude-auth login --long-lived',
  })
}
