// Launches past half of the token's life: they start at once, and one worker renews behind their back.

import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { faults } from '../../../src/demo/faults.js'
import { jsonObject } from '../../../src/system/json.js'
import { atOnce, silentOnes, tokenClient, tokenLine } from '../../kit/at-once.js'
import { custodies, type Wrapped, wrapped } from '../../kit/wrapped.js'
import { type Figures, scale } from '../figures.js'

const launches = scale(40, 100)
const hourMs = 3_600_000

export async function soon(t: Test, figures: Figures): Promise<void> {
  const rounds = scale(1, 10)
  const sums = { good: 0, workers: 0, requests: 0 }
  for (const custody of custodies)
    for (let round = 0; round < rounds; round++) {
      const box = await wrapped(t, { login: 'expired', client: tokenClient, config: { custody } })
      const starts = countedNode(box)
      await box.ensure()
      pastHalfLife(box)
      // Slow enough for every launch to meet the renewal.
      box.authority.fail('token', faults.late(3000))
      rmSync(starts, { force: true })
      const asked = box.tokenRequests().ours.length
      const before = tokenLine(box.login()?.accessToken ?? '')
      const runs = await atOnce(box, launches)
      await box.settle()
      const after = tokenLine(box.login()?.accessToken ?? '')
      sums.good += silentOnes(runs, before) + silentOnes(runs, after)
      sums.workers += existsSync(starts) ? readFileSync(starts).length : 0
      sums.requests += box.tokenRequests().ours.length - asked
    }
  const times = rounds * custodies.length
  figures.counted(`times ${launches} launches past half-life`, times)
  figures.wanted('workers (starts of Node) in them', sums.workers, times)
  figures.wanted('token requests in them', sums.requests, times)
  figures.wanted('silent exits in them', sums.good, times * launches)
}

/** Each start of Node leaves a byte in the file that is returned. */
function countedNode({ home }: Wrapped): string {
  const [node, starts] = [join(home.tools, 'node'), join(home.path, 'starts')]
  rmSync(node)
  writeFileSync(node, `#!/bin/sh\nprintf x >>'${starts}'\nexec '${process.execPath}' "$@"\n`, {
    mode: 0o755,
  })
  return starts
}

/** As if the login had been renewed nine hours ago, and was not looked at since. */
function pastHalfLife({ home: { paths } }: Wrapped): void {
  const memory = jsonObject(readFileSync(paths.stateFile)) as { held: { sinceMs: number } }
  memory.held.sinceMs -= 9 * hourMs
  writeFileSync(paths.stateFile, JSON.stringify(memory))
  const anHourAgo = new Date(Date.now() - hourMs)
  utimesSync(join(paths.state, 'fresh'), anHourAgo, anHourAgo)
}
