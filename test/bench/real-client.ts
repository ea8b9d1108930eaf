// A healthy launch of the real client, through the wrapper and bare; its servers are played on loopback.

import { realClient as clientOf } from '../kit/real-clients.js'
import { makePlace } from './place.js'
import { added, leftOut, type Section, times } from './row.js'
import type { Bench } from './scene.js'
import { inTurn } from './timing.js'

const title = 'The real client'
const prompt = { args: ['-p', 'hi'] }
const version = { args: ['--version'] }

export async function realClient(bench: Bench): Promise<Section[]> {
  const client = clientOf('new')
  if (client.skip !== false) {
    const rows = [
      leftOut('healthy launch of the real client, -p', 'the bare client', '≤ 1.02 ×', client.skip),
      leftOut('--version of the real client', 'the bare client', '≤ +2 ms', client.skip),
    ]
    return [{ title, rows, timed: [], base: '' }]
  }
  const place = await makePlace(bench, { via: 'proxy', client: client.path })
  await place.makeFresh(prompt)
  const [bare, ours] = await inTurn(
    [
      { name: 'the bare client, -p', once: () => place.timeServed(client.path, prompt) },
      { name: 'claude-auth, -p', once: () => place.timeServed(place.wrapper, prompt) },
    ],
    bench.rounds(30, 2),
  )
  const [bareVersion, oursVersion] = await inTurn(
    [
      { name: 'the bare client, --version', once: () => place.time(client.path, version) },
      { name: 'claude-auth, --version', once: () => place.time(place.wrapper, version) },
    ],
    bench.rounds(60, 4),
  )
  const what = `real client ${client.version}`
  return [
    {
      title: `A healthy launch of the ${what}, -p on loopback`,
      rows: [times(`healthy launch of the ${what}, -p`, ours, bare, 1.02)],
      timed: [bare, ours],
      base: bare.name,
    },
    {
      title: `--version of the ${what}`,
      rows: [added(`--version of the ${what}`, oursVersion, bareVersion, 2)],
      timed: [bareVersion, oursVersion],
      base: bareVersion.name,
    },
  ]
}
