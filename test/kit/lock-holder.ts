// A process of its own that takes the client's refresh locks, in rounds or until it is killed.
// usage: lock-holder FOLDER STATE rounds BRACKETS COUNT | lock-holder FOLDER STATE hold

import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { withRefreshLocks } from '../../src/login/client-locks.js'
import { lockPlace } from './lock-place.js'

const [folder = '', state = '', how = '', brackets = '', count = '0'] = process.argv.slice(2)
const place = lockPlace(folder, state)

if (how === 'hold')
  await withRefreshLocks(place, 30_000, async () => {
    process.stdout.write('held\n')
    await sleep(60_000)
  })

for (let round = 0; round < Number(count); round += 1) {
  await withRefreshLocks(place, 60_000, async () => {
    appendFileSync(brackets, '(')
    await sleep(5)
    appendFileSync(brackets, ')')
  })
  await sleep(Math.random() * 20)
}
