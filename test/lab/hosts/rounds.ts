// Hosts of one user on one document, each with a line and a clock of its own: rounds of renewals, with what the lines do to them.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Engine, hourMs, minuteMs } from '../../kit/engine.js'
import { accessToken, ensureAs } from '../../kit/hosts.js'
import type { OpenBao } from '../../kit/openbao.js'
import { me, vaultEngine } from '../../kit/vault-box.js'
import { type VaultGateway, vaultGateway } from '../../kit/vault-gateway.js'
import type { Chance } from '../chance.js'

interface Host {
  name: string
  at: Engine
  line: VaultGateway
}

/** What a line to Vault does in one round; true where its host is cut off. */
const lines: Record<string, (line: VaultGateway, luck: Chance) => unknown> = {
  good: () => undefined,
  'cut off': line => line.shut(),
  slow: (line, luck) => {
    line.before = () => sleep(luck.between(50, 500))
  },
  'loses the answer to a write': line => {
    let lost = 0
    line.after = ({ method }) =>
      method === 'GET' || lost++ > 0 ? null : { status: 500, body: '{"errors":["internal error"]}' }
  },
}
/** One host of three is ahead, one behind. */
const clocksMs = [0, hourMs, -hourMs]

export interface Counts {
  rounds: number
  requests: number
  rotations: number
  reuses: number
  /** Hosts that were told to sign in. */
  signIns: number
  /** Hosts that did not have the one live login at the end of a round. */
  signedOut: number
  cutOff: number
}

/** `rounds` rounds on `count` hosts: a login past half of its life, or ended, is renewed by whoever can. */
export async function rounds(
  t: Test,
  bao: OpenBao,
  {
    count,
    rounds,
    custody,
    luck,
  }: { count: number; rounds: number; custody: string; luck: Chance },
): Promise<Counts> {
  const hosts = await hostsOf(t, bao, count, custody)
  const [{ at: first }] = hosts as [Host]
  const { authority } = first
  const counts = { rounds, signIns: 0, signedOut: 0, cutOff: 0 }
  const all = async (forced = false) => {
    const outcomes = await Promise.all(hosts.map(({ at, name }) => ensureAs(at, name, { forced })))
    for (const { verdict, because } of outcomes) {
      if (verdict === 'sign-in' || verdict === 'broken') t.comment(`${verdict} ${because}`)
      counts.signIns += verdict === 'sign-in' ? 1 : 0
    }
  }
  for (let round = 0; round < rounds; round++) {
    // By every clock past its half, or over.
    first.pass(round % 2 === 0 ? 5.5 * hourMs : 9.5 * hourMs)
    for (const { line } of hosts) {
      const name = luck.oneOf(Object.keys(lines))
      counts.cutOff += name === 'cut off' ? 1 : 0
      await lines[name]?.(line, luck)
    }
    await all()
    for (const { line } of hosts) await mended(line)
    first.pass(10 * minuteMs)
    await all(true)
    const newest = accessToken(first)
    const isLive = authority.accepts(newest ?? '') !== null
    counts.signedOut += hosts.filter(({ at }) => !isLive || accessToken(at) !== newest).length
  }
  const { tokenRequests: requests, rotations, reuses } = authority.counts()
  return { ...counts, requests, rotations, reuses }
}

async function mended(line: VaultGateway) {
  line.before = null
  line.after = null
  if (!line.isOpen()) await line.open()
}

async function hostsOf(t: Test, bao: OpenBao, count: number, custody: string): Promise<Host[]> {
  await bao.put(me, {})
  const hosts: Host[] = []
  const config = { custody }
  for (let index = 0; index < count; index++) {
    const line = await vaultGateway(t, bao)
    const behind = { ...bao, address: line.address }
    const aheadMs = clocksMs[index % clocksMs.length] ?? 0
    const beside = hosts[0] ? { login: 'none' as const, beside: hosts[0].at } : {}
    // On a busy machine many hosts in one process wait for each other.
    const vault = { timeout: '10s' }
    const at = await vaultEngine(t, behind, { config, vault, aheadMs, ...beside })
    const { verdict, because } = await ensureAs(at, `ws${index}`)
    // A clock that is an hour off is told: `attention`.
    if (verdict !== 'ok' && verdict !== 'attention')
      throw new Error(`host ${index}: ${verdict} ${because}`)
    hosts.push({ name: `ws${index}`, at, line })
  }
  // Each has seen the others in the document.
  for (const { at, name } of hosts) await ensureAs(at, name, { forced: true })
  return hosts
}
