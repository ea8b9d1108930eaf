// What it takes to look at all logins of a large site: requests, processor time, memory, and the way without the detailed listing.

import { bareReads, fillSite, type Looked, lookingDesk } from '../kit/fleet-scale.js'
import { openBao } from '../kit/openbao.js'
import { vaultRelay } from '../kit/vault-relay.js'
import { counted, leftOut, type Row, type Section } from './row.js'
import type { Bench } from './scene.js'
import { timed } from './timing.js'

export async function fleet(bench: Bench): Promise<Section[]> {
  const users = bench.quick ? 200 : 10_000
  const bao = await openBao(bench)
  await fillSite(bao, users)
  const relay = await vaultRelay(bench, bao)
  const counting = await lookingDesk(bench, bao, { address: relay.address })
  const seen = await counting.look()
  if (seen.code !== 3) throw new Error(`fleet ended with ${seen.code}: ${seen.stderr}`)
  const desk = await lookingDesk(bench, bao)
  const found: { ours: Looked[]; bare: Looked[] } = { ours: [], bare: [] }
  for (let round = bench.rounds(5, 3); round > 0; round--) {
    found.ours.push(await desk.look())
    found.bare.push(await desk.bare())
  }
  const cpuMs = median(found.ours, ({ cpuMs }) => cpuMs)
  const [ours, bare] = [found.ours, found.bare].map(runs => median(runs, each => each.megabytes))
  const of = `of ${users} users, two hosts each`
  const rows = [
    counted(`fleet: requests, ${of}`, 'pages', relay.asked.length, 25, ''),
    counted(`fleet: processor time, ${of}`, '', Math.round(cpuMs), 500, 'ms'),
    ratio(`fleet: resident memory, ${of}`, 'bare Node', (ours ?? 0) / (bare ?? 1), 1.6),
    await withoutListing(bench, bao, of),
  ]
  return [{ title: 'All logins of a site', rows, timed: [], base: '' }]
}

/** A busy moment of the machine meets a single run more than many. */
function median(runs: readonly Looked[], of: (run: Looked) => number): number {
  return timed('', runs.map(of)).medianMs
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
  const before = await bareReads(bao, desk.token)
  const { wallMs } = await desk.look()
  const after = await bareReads(bao, desk.token)
  return ratio(figure, baseline, wallMs / ((before + after) / 2), 1.3)
}

function ratio(figure: string, baseline: string, found: number, most: number): Row {
  const row = counted(figure, baseline, found, most, '')
  return { ...row, wanted: `≤ ${most} ×`, found: `${found.toFixed(2)} ×` }
}
