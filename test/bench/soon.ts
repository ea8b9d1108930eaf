// The launch that finds its login usable but due for a look: it goes on at once, and leaves one worker behind.

import { statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makePlace } from './place.js'
import { added, type Row, type Section } from './row.js'
import type { Bench } from './scene.js'
import { inTurn } from './timing.js'

export async function soon(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  await place.makeFresh()
  const fresh = join(place.home.paths.state, 'fresh')
  const endOfFresh = () => statSync(fresh, { throwIfNoEntry: false })?.mtimeMs ?? 0
  let launches = 0
  let mended = 0
  const once = () => place.time(place.wrapper)
  const [base, ours] = await inTurn(
    [
      { name: 'claude-auth, healthy', prepare: () => place.settle(), once },
      {
        name: 'claude-auth, soon',
        // The time until which the login was fresh is over.
        prepare: () => utimesSync(fresh, 1, 1),
        once: async () => {
          const ms = once()
          launches += 1
          if (await becomes(() => endOfFresh() > Date.now())) mended += 1
          await place.settle()
          return ms
        },
      },
    ],
    bench.rounds(60, 5),
  )
  const again: Row = {
    figure: 'fresh again after a soon launch',
    baseline: '',
    wanted: 'always',
    found: `${mended} of ${launches}`,
    holds: mended === launches,
    gross: mended < launches,
  }
  const rows = [added('soon launch', ours, base, 2), again]
  return [{ title: 'A soon launch', rows, timed: [base, ours], base: base.name }]
}

/** Waits for what the worker does in the background; false if nothing comes of it in 20 s. */
async function becomes(isSo: () => boolean): Promise<boolean> {
  for (const endMs = Date.now() + 20_000; !isSo(); await sleep(20))
    if (Date.now() > endMs) return false
  return true
}
