// The health record of this login: built from a run's outcome, and withdrawn at uninstall.

import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { keepRecord, publishedKeys, type RecordPort, recordMemoriesIn } from '../fleet/publish.js'
import { type HealthRecord, recordFile, recordKey } from '../fleet/record.js'
import { readMemory } from '../login/memory.js'
import { isRightIdentity } from '../policy/identity.js'
import type { Outcome } from '../policy/outcome.js'
import { jsonObject, stringOf } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import { unlessBug } from '../system/trouble.js'
import { atomicWrite } from '../system/write-file.js'
import { version } from '../version.js'
import { startRun } from './context.js'
import type { OwnLogin } from './login-context.js'
import { brokenOutcome } from './outcome.js'
import { awayOf } from './read-store.js'
import { commit, type Run } from './run.js'

/**
 * Writes and publishes what the run came to, where that is due. To be called when no caller waits for the run any more, for it
 * may take a request, unless `mayAsk` is false. Expected trouble is not reported.
 */
export async function keepHealthRecord(
  run: Run,
  outcome: Outcome,
  { mayAsk = true } = {},
): Promise<void> {
  if (!isOurs(run)) return
  const { config, person, memory, forced } = run
  const key = recordKey(person.host, config.profile)
  const records = await keepRecord(recordOf(run, outcome), key, {
    memories: recordMemoriesIn(memory.records),
    occasion: { isRenewed: outcome.did.includes('renew'), isForced: forced },
    port: {
      write: line => writeRecord(run, line),
      publish: mayAsk ? publisherOf(run, key) : null,
    },
  })
  try {
    if (records !== null) commit(run, { memory: { records } })
  } catch (error) {
    // Then the next run does it once more.
    unlessBug(error)
  }
}

/** The same after a run that broke off. Only a timer spends a request on it: any other caller still waits for an answer. */
export async function keepBrokenRecord(run: Run): Promise<void> {
  await keepHealthRecord(run, brokenOutcome(run.config), { mayAsk: run.actor === 'timer' })
}

/**
 * Withdraws the published records of this login folder. Call it while its memory exists. False if that failed; records that
 * were never published are not looked for.
 */
export async function withdrawHealthRecord({ env, place, config }: OwnLogin): Promise<boolean> {
  const { records } = readMemory(place.paths.stateFile, { orEmpty: true })
  const keys = publishedKeys(recordMemoriesIn(records))
  const path = config?.fleet.path ?? null
  if (keys.length === 0 || config === null || path === null) return true
  const { store } = await startRun(place, config, {
    env,
    cwd: '/',
    actor: 'command',
    forced: false,
    offline: false,
    readOnly: true,
    signedIn: false,
    client: null,
    isClientChosen: false,
    configReadAtMs: Date.now(),
  })
  if (store?.annotate === undefined) return true
  return (await store.annotate(path, Object.fromEntries(keys.map(key => [key, null])))) === 'done'
}

/**
 * Another credential in one shell says nothing about the login: only a timer, which has no shell's environment, reports one.
 */
function isOurs({ owned, readOnly, config, otherCredential, actor }: Run): boolean {
  if (!owned || readOnly || config.mode !== 'on') return false
  return otherCredential === null || actor === 'timer'
}

function writeRecord({ paths, nonce }: Run, line: string): void {
  atomicWrite(join(paths.state, recordFile), `${line}\n`, { nonce: nonce(), durable: false })
}

/** Only where the store's server was spoken to in this run, and answered. */
function publisherOf(run: Run, key: string): RecordPort['publish'] {
  const { config, storeRead, store, offline } = run
  const { path, publish } = config.fleet
  const { annotate } = store ?? {}
  if (!publish || path === null || annotate === undefined) return null
  if (offline || storeRead === null || awayOf(run) !== null) return null
  return line => annotate(path, { [key]: line })
}

function recordOf(run: Run, outcome: Outcome): HealthRecord {
  const { memory, config } = run
  const nowMs = run.now()
  const { verdict, because, identity, expiresAt, loginEndsAt, credential, custody, store } = outcome
  const isExpected = isRightIdentity(identity, config.identity, memory.pinned)
  const sinceMs = verdict === 'sign-in' ? memory.signInNeeded?.sinceMs : undefined
  return {
    at: nowMs,
    verdict,
    because,
    since: sinceMs ?? nowMs,
    expiresAt,
    loginEndsAt,
    credential,
    custody,
    store: store.kind === 'none' ? 'none' : store.state,
    identity: identity === null ? 'unknown' : isExpected ? 'expected' : 'other',
    version,
    client: clientVersion(run.client),
  }
}

const clientPackage = '@anthropic-ai/claude-code'
const versionShape = /^\d+\.\d+\.\d+/

/** By the name of its file (the client's own installer) or its package; null where neither tells. Starts nothing. */
function clientVersion(client: string | null): string | null {
  if (client === null) return null
  try {
    const path = realpathSync.native(client)
    if (versionShape.test(basename(path))) return basename(path)
    const about = jsonObject(
      textAt(join(dirname(path), 'package.json'), { maxBytes: 65_536 }) ?? '',
    )
    return about?.['name'] === clientPackage ? stringOf(about['version']) : null
  } catch {
    return null
  }
}
