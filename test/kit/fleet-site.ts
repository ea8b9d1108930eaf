// A site in a real OpenBao whose users have documents and health records, and the token of the one who looks.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HealthRecord, recordText } from '../../src/fleet/record.js'
import { openSite, type SiteVault } from '../../src/store/vault/site.js'
import { directNetwork } from './direct-network.js'
import type { OpenBao } from './openbao.js'
import type { Teardown } from './sandbox.js'

const users = 'workstation/claude-users'
export const recordsFolder = 'workstation/claude-fleet'

/** The policy of who looks, as docs/fleet.md has it; without `isDetailed` as for a server that has no detailed listing. */
export function lookPolicy({ isDetailed = true } = {}): string {
  const rule = (path: string, can: string) => `path "${path}" { capabilities = ["${can}"] }`
  return [
    ...[users, recordsFolder].flatMap(folder => [
      rule(`secret/metadata/${folder}/`, 'list'),
      rule(`secret/metadata/${folder}/+`, 'read'),
      ...(isDetailed ? [rule(`secret/detailed-metadata/${folder}/`, 'list')] : []),
    ]),
    rule('auth/token/lookup-self', 'read'),
    rule('auth/token/renew-self', 'update'),
    rule('sys/capabilities-self', 'update'),
  ].join('\n')
}

/** A token with a policy of that text. */
export async function tokenWith(bao: OpenBao, policy: string): Promise<string> {
  const name = `of-the-test-${Math.random().toString(36).slice(2)}`
  await bao.ask('PUT', `sys/policies/acl/${name}`, { policy })
  const { body } = await bao.ask('POST', 'auth/token/create-orphan', {
    policies: [name],
    no_default_policy: true,
    period: '768h',
  })
  return String((body['auth'] as { client_token: string }).client_token)
}

/** Signed in with `token`, on kept connections. */
export async function lookWith(
  t: Teardown,
  address: string,
  token: string,
  template = `${users}/{user}`,
): Promise<SiteVault> {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-fleet-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, token, { mode: 0o600 })
  const site = await openSite(
    { address, namespace: null, caCert: null, mount: 'secret', template, timeoutMs: 2000 },
    { method: 'token', tokenFile },
    {
      network: directNetwork(),
      uid: process.geteuid?.() ?? -1,
      user: 'root',
      now: Date.now,
      isKept: true,
    },
  )
  if ('kind' in site) throw new Error(site.trouble.cause)
  return site
}

/** A record of a login that is well, and what is different of it. */
export function healthRecord(more: Partial<HealthRecord> = {}): HealthRecord {
  const at = more.at ?? Date.now()
  return {
    at,
    verdict: 'ok',
    because: 'fresh',
    since: at - 3_600_000,
    expiresAt: at + 3_600_000,
    loginEndsAt: at + 60 * 86_400_000,
    credential: 'login',
    custody: 'sole',
    store: 'current',
    identity: 'expected',
    version: '0.1.0',
    client: '2.1.330',
    ...more,
  }
}

/** Writes a user's records, by host: text stands as it is. */
export async function putRecords(
  bao: OpenBao,
  user: string,
  records: Record<string, Partial<HealthRecord> | string>,
): Promise<void> {
  const custom_metadata = Object.fromEntries(
    Object.entries(records).map(([host, record]) => [
      host,
      typeof record === 'string' ? record : recordText(healthRecord(record)),
    ]),
  )
  const path = `secret/metadata/${recordsFolder}/${user}`
  const { status } = await bao.ask('POST', path, { custom_metadata })
  if (status !== 204) throw new Error(`${path}: ${status}`)
}
