// Resident memory: of one `ensure` beside a bare Node, and of `ensure --every` over a simulated day.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from './place.js'
import { counted, type Row, type Section } from './row.js'
import type { Bench } from './scene.js'
import { timed } from './timing.js'

export async function memory(bench: Bench): Promise<Section[]> {
  const rows = [await once(bench), await overADay(bench)]
  return [{ title: 'Resident memory', rows, timed: [], base: '' }]
}

/** Loaded before the program: it leaves the greatest resident set of the process at its end. */
const peakOf = (file: string) => `process.on('exit', () =>
  require('node:fs').writeFileSync('${file}', String(process.resourceUsage().maxRSS)))
`

async function once(bench: Bench): Promise<Row> {
  const place = await makePlace(bench)
  await place.makeFresh()
  const preload = join(place.home.path, 'peak.cjs')
  const file = join(place.home.path, 'peak')
  place.home.write(preload, peakOf(file))
  const peak = async (...args: string[]) => {
    await place.timeServed(place.node, { args: ['--require', preload, ...args] })
    return Number(readFileSync(file, 'utf8')) / 1024
  }
  const peaks = { bare: [] as number[], ours: [] as number[] }
  for (let round = bench.rounds(9, 3); round > 0; round--) {
    peaks.bare.push(await peak('-e', '0'))
    place.expire()
    peaks.ours.push(await peak(place.program, 'ensure'))
  }
  const [ours, bare] = [peaks.ours, peaks.bare].map(median) as [number, number]
  const row = counted('resident memory of a renewing ensure', 'bare Node', ours / bare, 1.6, '')
  const found = `${(ours / bare).toFixed(2)} ×, ${ours.toFixed(0)} MB beside ${bare.toFixed(0)}`
  return { ...row, wanted: '≤ 1.6 ×', found }
}

/**
 * Loaded before the program: waits of ten minutes and more, as between two turns, pass in a moment, `Date` moves on by as much,
 * and the time that has passed (ms) and the resident set (bytes) are written down at each.
 */
const hurried = (file: string) => `const { appendFileSync } = require('node:fs')
let aheadMs = 0
const { now } = Date
Date.now = () => now() + aheadMs
const wait = globalThis.setTimeout
globalThis.setTimeout = (work, ms = 0, ...more) => {
  if (ms < 600_000) return wait(work, ms, ...more)
  return wait(() => {
    aheadMs += ms
    appendFileSync('${file}', aheadMs + ' ' + process.memoryUsage.rss() + '\\n')
    work(...more)
  }, 1)
}
`

async function overADay(bench: Bench): Promise<Row> {
  const hours = bench.quick ? 4 : 24
  const figure = `resident memory of ensure --every after ${hours} simulated hours`
  let file = ''
  const passedMs = () => samples(file).at(-1)?.passedMs ?? 0
  // The server's clock goes with the program's.
  const authority = { now: () => Date.now() + passedMs() }
  const place = await makePlace(bench, { authority })
  file = join(place.home.path, 'samples')
  await place.makeFresh()
  const preload = join(place.home.path, 'hurried.cjs')
  place.home.write(preload, hurried(file))
  const args = ['--require', preload, place.program, 'ensure', '--every', '15m']
  const stopAtEnd = (pid: number) => {
    const timer = setInterval(() => {
      if (passedMs() < hours * 3_600_000 && existsSync(`/proc/${pid}`)) return
      clearInterval(timer)
      if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGTERM')
    }, 50)
  }
  const { code, stderr } = await place.run(place.node, args, {
    timeoutMs: 600_000,
    onStart: stopAtEnd,
  })
  const found = samples(file)
  if (found.length < hours * 3) throw new Error(`ensure --every ended early (${code}): ${stderr}`)
  const sizes = found.map(({ megabytes }) => megabytes)
  const part = (from: number, to: number) =>
    median(sizes.slice(sizes.length * from, sizes.length * to))
  const [early, late] = [part(0.25, 0.5), part(0.75, 1)]
  const row = counted(figure, 'its own second quarter', late / early, 1.1, '')
  const words = `${(late / early).toFixed(2)} ×, ${late.toFixed(0)} MB after ${early.toFixed(0)}`
  const { rotations, reuses } = place.authority.counts()
  const rest = `; ${found.length} turns, ${rotations} renewals, ${reuses} tokens used twice`
  return { ...row, wanted: 'flat: ≤ 1.1 ×', found: words + rest }
}

function samples(file: string): { passedMs: number; megabytes: number }[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split(' ').map(Number))
    .map(([passedMs = 0, bytes = 0]) => ({ passedMs, megabytes: bytes / 1_048_576 }))
}

function median(values: number[]): number {
  return timed('', values).medianMs
}
