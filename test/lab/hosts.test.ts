// Several hosts of one user on one path in Vault: partitioned, slow, with wrong clocks; and bare sessions of real clients on them.

import t from 'tap'
import { atOnce, boxes, client } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { custodies } from '../kit/wrapped.js'
import { chance } from './chance.js'
import { figuresOf, isWhole, scale } from './figures.js'
import { rounds } from './hosts/rounds.js'
import { sessions, skip } from './hosts/sessions.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '5 Hosts')
const seed = Number(process.env['CLAUDE_AUTH_LAB_SEED'] ?? 20_261_126)
t.comment(`CLAUDE_AUTH_LAB_SEED=${seed}`)

/** Hosts, rounds of renewals on their lines and clocks, and launches of the installed program at once. */
const sizes = isWhole
  ? [
      { count: 2, turns: 40, launches: 20 },
      { count: 5, turns: 20, launches: 5 },
      { count: 20, turns: 8, launches: 2 },
    ]
  : [{ count: 3, turns: 3, launches: 0 }]

for (const { count, turns, launches } of sizes)
  for (const custody of isWhole ? custodies : (['sole'] as const)) {
    const what = `${count} hosts, ${custody}`
    t.test(`${what}: cut off, slow, clocks an hour off`, async t => {
      const bao = await openBao(t)
      const luck = chance(seed + count)
      const found = await rounds(t, bao, { count, rounds: turns, custody, luck })
      figures.counted(
        `${what}: rounds, and hosts cut off from Vault in them`,
        `${turns}, ${found.cutOff}`,
      )
      figures.wanted(`${what}: token requests in these rounds`, found.requests, turns)
      figures.wanted(`${what}: refresh tokens used twice`, found.reuses, 0)
      figures.wanted(`${what}: hosts signed out`, found.signedOut + found.signIns, 0)
    })
    if (launches > 0)
      t.test(`${what}: launches of the installed program at once`, async t => {
        const bao = await openBao(t)
        const hosts = await boxes(t, bao, count, { client, config: { custody } })
        const { requests, noticed } = await atOnce(t, bao, hosts, launches)
        figures.wanted(
          `${what}: token requests of ${launches} launches at once on each`,
          requests,
          launches,
        )
        figures.wanted(`${what}: launches that noticed`, noticed, 0)
      })
  }

for (const custody of isWhole ? (['sole', 'shared'] as const) : (['sole'] as const))
  t.test(`bare sessions of real clients on two hosts, ${custody}`, { skip }, async t => {
    const bao = await openBao(t)
    const found = await sessions(t, bao, { custody, turns: scale(1, 6) })
    const what = `bare sessions on two hosts, ${custody}`
    figures.counted(`${what}: prompts`, found.prompts)
    // In shared custody nobody promises it (docs/vault.md, "Several hosts"): it is counted.
    const tell = custody === 'sole' ? figures.wanted : figures.counted
    tell(`${what}: renewals of ours that used a refresh token twice`, found.ourReuses, 0)
    tell(`${what}: prompts of a session that was signed out`, found.signedOut, 0)
    tell(`${what}: their requests at the token endpoint`, found.theirRequests, 0)
    tell(`${what}: refresh tokens used twice`, found.reuses, 0)
  })
