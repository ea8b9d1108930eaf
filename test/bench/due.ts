// The due launch: the token is over, so the launch waits for a renewal, beside a bare Node that asks the same.

import { openBao } from '../kit/openbao.js'
import { fetchPeers } from '../kit/real-clients.js'
import { vaultBox } from '../kit/vault-box.js'
import { bareRenewal } from './bare-renewal.js'
import { leastRenewal } from './least-renewal.js'
import { makePlace, type Place, placeIn } from './place.js'
import { counted, leftOut, type Row, type Section, times, told } from './row.js'
import type { Bench } from './scene.js'
import { type Contestant, inTurn } from './timing.js'

/** In this Node with every store and custody; a full run also looks at the other versions of Node. */
export async function due(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  const sole = await makePlace(bench, { config: { custody: 'sole' } })
  const vault = placeIn(
    await vaultBox(bench, await openBao(bench), {
      client: '/bin/true',
      vault: { timeout: '3s' },
    }),
  )
  const places = [place, sole, vault]
  for (const each of places) await each.makeFresh()
  const program = bareRenewal(place)
  const [nothing, bare, least, ...found] = await inTurn(
    [
      {
        name: 'Node doing nothing',
        once: () => place.timeServed(place.node, { args: ['-e', '0'] }),
      },
      { name: base, once: () => place.timeServed(place.node, { args: [program] }) },
      await leastRenewal(bench),
      launch('claude-auth, due', place),
      launch('claude-auth, due, sole custody', sole),
      launch('claude-auth, due, with Vault', vault),
    ],
    bench.rounds(60, 4),
  )
  for (const each of places) await each.settle()
  const reuses = places.reduce((sum, { authority }) => sum + authority.counts().reuses, 0)
  const figures = ['due launch', 'due launch, sole custody', 'due launch, with Vault']
  const rows = figures.flatMap((figure, index) => {
    const each = found[index]
    return each === undefined ? [] : [times(figure, each, bare, 1.3, usual)]
  })
  const section = {
    title: `A due launch on loopback (Node ${process.version})`,
    rows: [
      ...rows,
      told('the least a due launch can be: its writes and its POST', least, bare),
      counted('refresh tokens used twice in all these launches', '', reuses, 0, ''),
    ],
    timed: [nothing, bare, least, ...found],
    base,
  }
  if (bench.quick) return [section]
  const others: Section[] = []
  for (const name of ['node22', 'node24']) others.push(await inOtherNode(bench, name))
  return [section, ...others]
}

const base = 'bare Node: POST and GET'
/** Today's ratio, with Vault: the locks, the syncs to disk and our own code come to more than a bare POST and GET. */
const usual = 3

function launch(name: string, place: Place): Contestant {
  return {
    name,
    prepare: async () => {
      await place.settle()
      place.expire()
    },
    once: () => place.timeServed(place.wrapper),
  }
}

async function inOtherNode(bench: Bench, name: string): Promise<Section> {
  const [peer] = fetchPeers(name)
  const title = `A due launch on loopback (Node ${peer?.version ?? name})`
  const figure = `due launch, Node ${peer?.version ?? name}`
  if (peer === undefined || peer.skip !== false) {
    const row: Row = leftOut(figure, base, '≤ 1.3 ×', String(peer?.skip))
    return { title, rows: [row], timed: [], base }
  }
  const place = await makePlace(bench, { node: peer.path })
  await place.makeFresh()
  const program = bareRenewal(place)
  const [nothing, bare, ours] = await inTurn(
    [
      {
        name: 'Node doing nothing',
        once: () => place.timeServed(place.node, { args: ['-e', '0'] }),
      },
      { name: base, once: () => place.timeServed(place.node, { args: [program] }) },
      launch('claude-auth, due', place),
    ],
    bench.rounds(40, 3),
  )
  await place.settle()
  return {
    title,
    rows: [times(figure, ours, bare, 1.3, usual)],
    timed: [nothing, bare, ours],
    base,
  }
}
