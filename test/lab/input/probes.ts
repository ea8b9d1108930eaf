// What must hold of any input: nothing is thrown, nothing of others is changed, what is taken can be taken again.

import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Test } from 'tap'
import { readTokenReply } from '../../../src/anthropic/login-server.js'
import { ensure } from '../../../src/engine/ensure.js'
import { plainSealer } from '../../../src/engine/renew.js'
import { findLeftAnswer } from '../../../src/login/answer.js'
import { loginObject, parseLogin } from '../../../src/login/login.js'
import { readBytes, withLogin } from '../../../src/login/login-file.js'
import { isEditable, memberSpan } from '../../../src/login/login-text.js'
import { fromDocument, toDocument } from '../../../src/store/document.js'
import { patchOf, withKeys } from '../../../src/store/vault/document.js'
import { vaultStore } from '../../../src/store/vault/store.js'
import { jsonObject } from '../../../src/system/json.js'
import { AuthError } from '../../../src/system/trouble.js'
import { house } from '../../config/house.js'
import { type Engine, engine, minuteMs } from '../../kit/engine.js'
import { sharedMemory } from '../../kit/shared-memory.js'
import { document } from './samples.js'

const key = 'claudeAiOauth'
const other = parseLogin({ accessToken: 'new', refreshToken: 'r', expiresAt: 1_900_000_000_000 })
const successor = other.kind === 'login' ? other.login : null

/** Bytes of a login file: read, and written with another login. */
export function loginFile(bytes: Buffer): void {
  const found = readBytes(bytes)
  if (found.kind === 'login') {
    const again = parseLogin(JSON.parse(JSON.stringify(loginObject(found.login))))
    assert.equal(again.kind === 'login' && again.login.accessToken, found.login.accessToken)
    // What a renewal writes carries every field of its parent.
    sameAround(bytes, withLogin(bytes, { ...found.login, accessToken: 'new' }))
  }
  const next = withLogin(bytes, successor)
  const read = readBytes(next)
  assert.equal(read.kind === 'login' && read.login.accessToken, 'new')
  sameAround(bytes, next)
  withLogin(bytes, null)
}

/** Every byte but those of the login is what it was. */
function sameAround(before: Buffer, after: Buffer): void {
  if (!isEditable(before) || before.equals(after)) return
  const { object, value } = memberSpan(before, key)
  const head = before.subarray(0, value?.start ?? object.start + 1)
  const tail = before.subarray(value?.end ?? object.start + 1)
  assert.ok(after.subarray(0, head.length).equals(head), 'bytes before the login changed')
  assert.ok(after.subarray(after.length - tail.length).equals(tail), 'bytes after it changed')
}

/** The same through whole runs of the engine, on a file. */
export async function loginFileInEngine(t: Test, custody: string) {
  const at = await engine(t, { config: { custody } })
  await at.ensure()
  let forced = false
  return async (bytes: Buffer) => {
    at.writeLogin(bytes.toString('latin1'))
    at.home.write(at.home.paths.loginFile, bytes as unknown as string)
    forced = !forced
    const outcome = await at.ensure({ forced })
    assert.ok(outcome.verdict !== 'broken', `broken ${outcome.because}`)
    const { readFileSync } = await import('node:fs')
    sameAround(bytes, readFileSync(at.home.paths.loginFile))
    at.pass(minuteMs)
  }
}

/** A configuration, or the roster that it names: loads, or says what is wrong in our words. */
export function config(folder: string, which: 'config' | 'roster') {
  const at = house(folder)
  if (which === 'roster') {
    at.writeSystem(`version: 1\nroster: ${dirname(at.system)}/roster.yaml\n`)
    chmodSync(dirname(at.system), 0o755)
  }
  return async (bytes: Buffer) => {
    const text = bytes as unknown as string
    if (which === 'roster') at.writeSystem(text, 'roster.yaml')
    else at.writeUser(text)
    try {
      const { mode } = await at.load()
      assert.ok(['on', 'observe', 'off'].includes(mode))
    } catch (error) {
      assert.ok(error instanceof AuthError, `not in our words: ${(error as Error).stack}`)
      assert.match(error.code, /^config-/)
    }
    assert.equal(({} as Record<string, unknown>)['x'], undefined, 'a prototype was changed')
  }
}

/** The text of a document: what is understood, and what a write makes of the rest. */
export function vaultDocument(bytes: Buffer): void {
  const found = jsonObject(bytes) ?? {}
  if (!isStorable(found)) return
  const stored = fromDocument(found)
  if (stored !== null) {
    const keys = toDocument(stored)
    assert.notEqual(fromDocument(JSON.parse(JSON.stringify(keys))), undefined)
    JSON.stringify(patchOf(found, keys))
  }
  const reply = `{"data":{"data":${bytes.toString()},"metadata":{"version":1}}}`
  const text = withKeys(reply, { ours: 1 })
  if (text === null || jsonObject(reply) === null) return
  const { ours, ...kept } = jsonObject(text) ?? {}
  assert.equal(ours, 1)
  const { ours: _, ...before } = found
  assert.deepEqual(kept, before)
}

/** Nested so deeply that OpenBao takes no such document. */
function isStorable(value: object): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

/** The same through whole runs on a shared document; keys of others are what they were. */
export async function vaultDocumentInEngine(t: Test, custody: string) {
  const at = await engine(t, { config: { custody } })
  await at.ensure()
  const shared = sharedMemory()
  const quiet = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  return async (bytes: Buffer) => {
    const found = jsonObject(bytes)
    if (found === null || !isStorable(found)) return
    shared.data = structuredClone(found)
    shared.version += 1
    const run = await at.run({ forced: true })
    if (run.store === null) throw new Error('no store')
    const store = vaultStore(shared, run.store, { isShared: true, drift: () => null })
    const { outcome } = await ensure({ ...run, store }, quiet)
    assert.ok(outcome.verdict !== 'broken', `broken ${outcome.because}`)
    const theirs = Object.entries(found).filter(
      ([name, value]) => value !== null && !(name in document && !/^(theirs|note)$/.test(name)),
    )
    for (const [name, value] of theirs)
      if (!name.startsWith('claude_auth_')) assert.deepEqual(shared.data[name], value, name)
    at.pass(minuteMs)
  }
}

/** A reply of the token endpoint: `refused` only for what says so. */
export function tokenReply(bytes: Buffer): void {
  for (const status of [200, 400, 401, 500]) {
    const { kind } = readTokenReply({ status, body: bytes, retryAfterMs: null })
    const says = jsonObject(bytes)?.['error'] === 'invalid_grant'
    assert.equal(kind === 'refused', status === 400 && says)
  }
}

/** The same as the answer to a whole run with an expired login. */
export async function tokenReplyInEngine(t: Test, custody: string) {
  const at = await engine(t, { config: { custody } })
  await at.ensure()
  return async (bytes: Buffer) => {
    const login = at.signIn(60_000)
    at.writeLogin(login)
    at.authority.clearFaults()
    at.authority.fail('token', { instead: { status: 200, body: bytes.toString() } })
    const { verdict, because } = await at.ensure()
    assert.ok(verdict !== 'broken', `broken ${because}`)
    // A successor that is somebody else's is the one odd answer a person must see to.
    if (verdict === 'sign-in') assert.equal(because, 'wrong-identity')
    at.pass(minuteMs)
  }
}

/** A write-ahead file that somebody or something spoilt. */
export function answer(folder: string) {
  return async (bytes: Buffer) => {
    const path = `${folder}/answer`
    const { writeFileSync } = await import('node:fs')
    writeFileSync(path, bytes)
    const found = await findLeftAnswer(path, plainSealer)
    if (found.kind === 'answered') readTokenReply({ ...found.answer, retryAfterMs: null })
  }
}

/** Our own files beside the login, spoilt; a whole run is not stopped by it. */
export async function ownFile(t: Test, custody: string, name: (at: Engine) => string) {
  const at = await engine(t, { config: { custody } })
  await at.ensure()
  return async (bytes: Buffer) => {
    at.writeLogin(at.signIn())
    at.home.write(name(at), bytes as unknown as string)
    const { verdict, because } = await at.ensure()
    assert.ok(verdict !== 'broken', `broken ${because}`)
    at.pass(minuteMs)
  }
}
