// How often each path asks a server, and over how many TLS connections; beside the least that it takes.

import { allowRecord } from '../kit/fleet-record.js'
import { openBao } from '../kit/openbao.js'
import { me, vaultBox } from '../kit/vault-box.js'
import { vaultRelay } from '../kit/vault-relay.js'
import { makePlace, type Place, placeIn } from './place.js'
import type { Row, Section } from './row.js'
import type { Bench } from './scene.js'

export async function roundTrips(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench, { via: 'proxy' })
  await place.makeFresh()
  const { login } = place
  const rows = [
    await row(place, 'healthy launch', '', () => undefined),
    // Whose token it is, the reply says.
    await row(place, 'due launch', 'POST token', () => place.expire()),
    await row(place, 'launch on a blank login', 'GET profile', () => place.blank()),
  ]
  if (login() === null) throw new Error('the blank login was not restored')
  return [{ title: 'Round trips', rows: [...rows, await vaultRow(bench)], timed: [], base: '' }]
}

/** `least`: the requests that the path can't do without, each on a connection of its own. */
async function row(
  place: Place,
  figure: string,
  least: string,
  prepare: () => unknown,
): Promise<Row> {
  await place.settle()
  prepare()
  const { authority, proxy } = place
  const [asked, connected] = [authority.requests.length, proxy.connects.length]
  await place.timeServed(place.wrapper)
  await place.settle()
  const requests = authority.requests.slice(asked).map(each => `${each.method} ${each.endpoint}`)
  const connections = proxy.connects.length - connected
  return equal(figure, least, requests, connections)
}

function equal(figure: string, least: string, requests: string[], connections: number | null): Row {
  const wanted = least === '' ? [] : least.split(', ')
  const isLeast = [...requests].sort().join() === [...wanted].sort().join()
  const holds = isLeast && (connections === null || connections === wanted.length)
  const tls = connections === null ? '' : ` (${connections} TLS)`
  return {
    figure: `round trips: ${figure}`,
    baseline: least === '' ? 'none' : least,
    wanted: 'equal',
    found: requests.length === 0 ? `none${tls}` : `${requests.join(', ')}${tls}`,
    holds,
    gross: requests.length > wanted.length * 3,
  }
}

/** To Vault: what is there, the intent, the result; and once nobody waits, the health record. */
async function vaultRow(bench: Bench): Promise<Row> {
  const relay = await vaultRelay(bench, await openBao(bench))
  const place = placeIn(await vaultBox(bench, relay, { client: '/bin/true' }))
  await allowRecord(relay, me)
  await place.makeFresh()
  place.expire()
  await place.settle()
  const asked = relay.asked.length
  await place.timeServed(place.wrapper)
  await place.settle()
  const requests = relay.asked
    .slice(asked)
    .map(each => each.replace(/ \/v1\/secret\/(\w+)\/.*/, ' $1').replace(' /v1/', ' '))
  const least = 'GET data, PATCH data, PATCH data, PATCH metadata'
  return equal('due launch, to Vault', least, requests, null)
}
