// A run as sinks see it, with a configuration that names no sink but the given ones.

import type { AlertMessage } from '../../src/alerts/memory.js'
import { emptyAlertMemory } from '../../src/alerts/memory.js'
import type { AlertRun } from '../../src/alerts/sink.js'
import type { Config } from '../../src/config/config.js'
import { directNetwork } from './direct-network.js'

const nobody: Config['alerts'] = {
  slack: null,
  teams: null,
  email: null,
  command: null,
  runbook: null,
  beforeLoginEndsMs: [],
}

export function alertRun(
  alerts: Partial<Config['alerts']>,
  more: Partial<AlertRun> = {},
): AlertRun {
  return {
    config: { alerts: { ...nobody, ...alerts }, mode: 'on' },
    person: { user: 'alice', host: 'box1', uid: process.geteuid?.() ?? 0 },
    env: { PATH: process.env['PATH'], HOME: '/home/alice', SECRET: 'x', VAULT_TOKEN: 'x' },
    network: directNetwork(),
    offline: false,
    owned: true,
    store: null,
    context: { user: 'alice', host: 'box1', email: 'alice@example.com', runbook: null },
    now: () => 0,
    nonce: () => '00',
    memory: () => emptyAlertMemory,
    commit: () => undefined,
    journal: () => undefined,
    storeRead: () => null,
    storeLearned: () => undefined,
    ...more,
  }
}

/** A need to sign in that nobody has been told of. */
export const signInNeeded: AlertMessage = {
  kind: 'sign-in-needed',
  because: 'login-lost',
  id: 'a-1',
  atMs: 0,
  sinceMs: 0,
  sentTo: [],
  only: null,
}
