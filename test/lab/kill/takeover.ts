// After our own crash in the middle of a request: the next run takes over at once, a bare client within its own limits.

import type { Test } from 'tap'
import { faults } from '../../../src/demo/faults.js'
import { type Sandbox, sandbox } from '../../kit/sandbox.js'
import { killAfter } from './acts.js'

/** Killed with all locks held, before the server acted. */
async function crashed(t: Test, client: string | null): Promise<Sandbox> {
  const options = { login: 'expired', via: 'proxy', config: { custody: 'shared' } } as const
  const box = await sandbox(t, { ...options, client })
  box.authority.fail('token', faults.hang())
  await killAfter(0, 'request')(box)
  return box
}

/** Milliseconds that the next run took more than one without a crash. */
export async function oursMs(
  t: Test,
): Promise<{ afterMs: number; plainMs: number; good: boolean }> {
  const box = await crashed(t, null)
  const after = await box.ensure(['--force'])
  const plain = await sandbox(t, { login: 'expired', via: 'proxy', config: { custody: 'shared' } })
  const { ms: plainMs } = await plain.ensure()
  return { afterMs: after.ms, plainMs, good: after.outcome?.verdict === 'ok' }
}

/** Milliseconds until a bare client has renewed the login by itself. */
export async function clientMs(t: Test, client: string): Promise<{ ms: number; good: boolean }> {
  const box = await crashed(t, client)
  const { code, stdout, ms } = await box.run(client, ['-p', 'hi'], { timeoutMs: 120_000 })
  return { ms, good: code === 0 && stdout === 'Hello.\n' }
}
