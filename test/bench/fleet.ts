// What it takes to look at all logins of a large site: requests, processor time, memory, and the way without the detailed listing.

import { bareReads, fillSite, lookingDesk } from '../kit/fleet-scale.js'
import { openBao } from '../kit/openbao.js'
import { vaultRelay } from '../kit/vault-relay.js'
import { counted, leftOut, type Row, type Section } from './row.js'
import type { Bench } from './scene.js'

export async function fleet(bench: Bench): Promise<Section[]> {
  const users = bench.quick ? 200 : 10_000
  const bao = await openBao(bench)
  await fillSite(bao, users)
  const relay = await vaultRelay(bench, bao)
  const counting = await lookingDesk(bench, bao, { address: relay.address })
  const seen = await counting.look()
  if (seen.code !== 3) throw new Error(`fleet ended with ${seen.code}: ${seen.stderr}`)
  const desk = await lookingDesk(bench, bao)
  const found = await desk.look()
  const bare = await desk.bare()
  const of = `of ${users} users, two hosts each`
  const rows = [
    counted(`fleet: requests, ${of}`, 'pages', relay.asked.length, 25, ''),
    counted(`fleet: processor time, ${of}`, '', Math.round(found.cpuMs), 500, 'ms'),
    ratio(`fleet: resident memory, ${of}`, 'bare Node', found.megabytes / bare.megabytes, 1.6),
    await withoutListing(bench, bao, of),
  ]
  return [{ title: 'All logins of a site', rows, timed: [], base: '' }]
}

async function withoutListing(
  bench: Bench,
  bao: Awaited<ReturnType<typeof openBao>>,
  of: string,
): Promise<Row> {
  const figure = `fleet without the detailed listing, ${of}`
  const baseline = 'the same reads, one after another'
  // Of few reads the start of a process is the most.
  if (bench.quick) return leftOut(figure, baseline, '≤ 1.3 ×', 'not in a quick run')
  const desk = await lookingDesk(bench, bao, { isDetailed: false })
  const before = await bareReads(bao)
  const { wallMs } = await desk.look()
  const after = await bareReads(bao)
  return ratio(figure, baseline, wallMs / ((before + after) / 2), 1.3)
}

function ratio(figure: string, baseline: string, found: number, most: number): Row {
  const row = counted(figure, baseline, found, most, '')
  return { ...row, wanted: `≤ ${most} ×`, found: `${found.toFixed(2)} ×` }
}
