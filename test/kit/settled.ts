// A machine whose login is in file, sealed copy and Vault, for tests of what happens next.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type JsonObject, jsonObject } from '../../src/system/json.js'
import { columnsOf } from '../../src/text/clean.js'
import { expireHere } from './expire-here.js'
import type { OpenBao } from './openbao.js'
import { localStoreOf } from './store-of.js'
import { vaultBox, vaultConfig } from './vault-box.js'
import { type VaultGateway, vaultGateway } from './vault-gateway.js'
import { loginIn, tokenFileOf, type VaultMount, vaultMount } from './vault-mount.js'
import type { Wrapped } from './wrapped.js'

export interface Place {
  bao: OpenBao
  at: VaultMount
  box: Wrapped
  gateway: VaultGateway
  /** Writes `vault` of the configuration anew, with these keys in it. */
  configure(vault: JsonObject): void
}

export interface SettledOptions {
  bao: OpenBao
  /** Not through the gateway, which speaks plain HTTP. */
  direct?: boolean
  /** How long one request to Vault may take; `1s` if not given. */
  timeout?: string
}

/** A machine whose login is in file, sealed copy and Vault. */
export async function settled(t: Test, custody: string, server: SettledOptions): Promise<Place> {
  const { bao, timeout = '1s' } = server
  const at = await vaultMount(bao)
  const gateway = await vaultGateway(t, bao.caFile === null ? bao : null)
  const address = server.direct ? bao.address : gateway.address
  const vault = { mount: at.mount, address, timeout }
  const box = await vaultBox(t, bao, { config: { custody }, vault, login: 'none' })
  box.home.write(tokenFileOf(box), `${at.token}\n`)
  box.writeLogin(box.signIn())
  let ended = await box.ensure()
  // On a busy machine even a healthy Vault may not answer in time.
  for (let tries = 1; tries < 5 && ended.outcome?.verdict !== 'ok'; tries++)
    ended = await box.ensure(['--force'])
  t.match(ended.outcome, { verdict: 'ok', store: { kind: 'vault', state: 'current' } })
  const configure = (more: JsonObject) =>
    box.writeConfig({
      version: 1,
      endpoints: { oauth: box.authority.url, api: box.authority.url },
      custody,
      store: 'vault',
      vault: vaultConfig(bao, { ...vault, ...more }),
    })
  return { bao, at, box, gateway, configure }
}

/** The access token has ended, in every copy. */
export async function expire({ box, at }: Place) {
  const expiresAt = await expireHere(box)
  const { data = {} } = (await at.document()) ?? {}
  const claude_ai_oauth_json = JSON.stringify({ ...loginIn(data), expiresAt })
  await at.put({ ...data, claude_ai_oauth_json, credential_expires_at_ms: expiresAt })
}

/** Time passes: what waits is due, and nothing is known to be fresh. */
export function passTime({ box }: Place) {
  const { stateFile, state } = box.home.paths
  const memory = jsonObject(readFileSync(stateFile, 'utf8')) as { pending: JsonObject | null }
  if (memory.pending) memory.pending['nextTryAtMs'] = Date.now() - 1
  writeFileSync(stateFile, JSON.stringify(memory), { mode: 0o600 })
  rmSync(join(state, 'fresh'), { force: true })
}

export function pendingOf({ box }: Place): unknown {
  return jsonObject(readFileSync(box.home.paths.stateFile, 'utf8'))?.['pending']
}

/** One line that fits, with the cause and what to type: what of that is not so. */
export function wrongWithLine(stderr: string, says: RegExp): string[] {
  const lines = stderr.split('\n').slice(0, -1)
  const [line = ''] = lines
  const found: Record<string, boolean> = {
    [`${lines.length} lines`]: lines.length !== 1,
    'another cause': !says.test(line),
    'no sentence with a command': !/^claude-auth: [A-Z].*(?:See|[Tt]ype): claude-auth ensure/.test(
      line,
    ),
    'it is cut off': line.includes('…'),
    'it does not fit': columnsOf(line) > 80,
  }
  return Object.keys(found).filter(what => found[what])
}

export function isPlainLine(t: Test, stderr: string, says: RegExp) {
  t.same(wrongWithLine(stderr, says), [], stderr)
}

/** What the client says and how it ends. */
export const client = { code: 7, stdout: 'client: -p hi\n' }
export const launch = ({ box }: Place) => box.launch(['-p', 'hi'], { env: { CLIENT_EXIT: '7' } })

/** In file, sealed copy and Vault is one live login, and nothing waits: what of that is not so. */
export async function wrongWith(place: Place): Promise<string[]> {
  const { box, at } = place
  const inFile = box.login()?.accessToken ?? ''
  const sealed = await localStoreOf(box).read()
  const found: Record<string, boolean> = {
    'no live login in the file': box.authority.accepts(inFile) === null,
    'another one in Vault': loginIn((await at.document())?.data)?.accessToken !== inFile,
    'another one sealed': sealed.kind !== 'current' || sealed.stored.login?.accessToken !== inFile,
    'something is pending': pendingOf(place) !== null,
    'a spent token was posted': box.ourReuses().length > 0,
  }
  return Object.keys(found).filter(what => found[what])
}

export async function isEverywhere(t: Test, place: Place) {
  t.same(await wrongWith(place), [])
}

/** What there is to do. */
export const firsts = {
  'an expired login': { prepare: expire },
  'a new sign-in': {
    prepare: async ({ box }: Place) => box.writeLogin(box.signIn()),
  },
}
