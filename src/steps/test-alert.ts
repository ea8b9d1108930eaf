// A test message to the people outside: whoever configured them wants to see one arrive.

import type { AlertMessage } from '../report/alert-memory.js'
import type { Run } from '../run.js'
import { sinks } from './alerts.js'

/** Longer than an alert at a launch may take: somebody waits for just this. */
const limitMs = 10_000

/** Sends one to every sink; what any of them said against it, in words. Nothing of it is remembered. */
export async function sendTestAlert(
  run: Run,
): Promise<{ kind: 'sent' | 'nobody' } | { kind: 'failed'; why: string }> {
  const all = await sinks(run)
  if (all.length === 0) return { kind: 'nobody' }
  const message: AlertMessage = {
    kind: 'test',
    id: `test-${run.nonce()}`,
    atMs: run.now(),
    sinceMs: run.now(),
    sentTo: [],
    only: null,
  }
  const { deliver } = await import('../report/deliver.js')
  const { result, troubles } = await deliver([message], all, limitMs)
  if (result === 'sent') return { kind: 'sent' }
  return { kind: 'failed', why: troubles.map(({ sink, why }) => `${sink}: ${why}`).join('; ') }
}
