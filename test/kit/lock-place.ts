// The place for locks of a test: real clock, real process.

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LockPlace } from '../../src/login/client-locks.js'
import { processFacts } from '../../src/system/processes.js'

export function lockPlace(folder: string, state: string): LockPlace {
  return {
    folder,
    state,
    process: processFacts(process.pid),
    now: Date.now,
    sleep: ms => sleep(ms),
    nonce: () => randomBytes(4).toString('hex'),
  }
}
