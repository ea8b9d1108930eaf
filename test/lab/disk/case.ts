// One case of the disk: what happens to it before the renewal or while the request is at the server, and what is left.

import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { faults } from '../../../src/demo/faults.js'
import type { Outcome } from '../../../src/policy/outcome.js'
import { until } from '../../kit/terminal.js'
import { ownerUid, street } from '../neighbours/street.js'
import { type Kind, type Volume, volumeAt } from './volume.js'

export interface Trouble {
  begin(volume: Volume): Promise<void> | void
  end(volume: Volume): void
}

export const troubles = {
  full: { begin: volume => volume.fill(), end: volume => volume.free() },
  'without inodes': { begin: volume => volume.fillInodes(), end: volume => volume.free() },
  'read-only': { begin: volume => volume.readOnly(), end: volume => volume.writable() },
} satisfies Record<string, Trouble>

export interface Found {
  /** The server rotated in the trouble. */
  rotated: boolean
  /** Afterwards the successor was nowhere that the next run looked. */
  lost: boolean
  /** More than one request: a token was posted again that may have been spent. */
  reuses: number
  /** A launch in the trouble did not start its client, or said nothing though the login was bad. */
  silent: boolean
  story: string
}

/** `during`: the trouble begins while the request is at the server. */
export async function diskCase(
  t: Test,
  {
    kind,
    trouble,
    when,
    custody,
  }: { kind: Kind; trouble: Trouble; when: 'before' | 'during'; custody: string },
): Promise<Found> {
  const owner = await street(t, { login: 'expired', config: { custody } })
  const { box } = owner
  const volume = volumeAt(t, kind, box.home.path, ownerUid)
  const launch = () => owner.launch(['-p', 'hi'])
  if (when === 'before') await trouble.begin(volume)
  else box.authority.fail('token', faults.late(8000))
  const first = launch()
  if (when === 'during') {
    await until(() => box.authority.counts().tokenRequests > 0, 60_000)
    await trouble.begin(volume)
  }
  const launched = await first
  await box.settle()
  const rotated = box.authority.counts().rotations > 0
  const isGood = () => box.authority.accepts(box.login()?.accessToken ?? '') !== null
  const silent = launched.code !== 0 || (!isGood() && launched.stderr === '')
  // While it lasts: nothing may be spent twice.
  const second = JSON.parse((await owner.ensure()).stdout || '{}') as Partial<Outcome>
  trouble.end(volume)
  await sleep(1100)
  let last: Partial<Outcome> = {}
  let said = ''
  for (let turn = 0; turn < 2 && last.verdict !== 'ok'; turn++) {
    const ended = await owner.ensure(['--force'])
    last = JSON.parse(ended.stdout || '{}') as Partial<Outcome>
    said += ended.stderr
  }
  const lost = last.verdict !== 'ok' || !isGood() || existsSync(box.home.paths.answer)
  const { tokenRequests, reuses } = box.authority.counts()
  const story = [
    `launch ${launched.code} ${JSON.stringify(launched.stderr)}`,
    `then ${second.verdict} ${second.because}, after it ${last.verdict} ${last.because} ${said}`,
    `requests ${tokenRequests}, reuses ${reuses}`,
  ].join('; ')
  return { rotated, lost, reuses, silent, story }
}
