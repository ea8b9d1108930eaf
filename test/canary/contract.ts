// The whole contract: every statement about the client that the product relies on, by subject.

import { locks, places } from './files.js'
import { hooks, managedSettings, settings } from './hooks.js'
import { network } from './network.js'
import type { Line, Statement } from './place.js'
import { refresh, withoutRefreshToken } from './refresh.js'
import { sessions, statuses } from './sessions.js'
import { whoSigns } from './who-signs.js'

export const contract: Record<string, { title: string; statements: Statement[] }> = {
  places: { title: 'Where the login is', statements: places },
  refresh: { title: 'Refresh', statements: refresh },
  'no-refresh-token': { title: 'A login without a refresh token', statements: withoutRefreshToken },
  locks: { title: 'Locks and writing', statements: locks },
  sessions: { title: 'Running sessions', statements: sessions },
  status: { title: '`auth status`', statements: statuses },
  hooks: { title: 'Hooks', statements: hooks },
  settings: { title: 'Settings that are read, and those that are skipped', statements: settings },
  managed: { title: 'Managed settings', statements: managedSettings },
  'who-signs': { title: 'Who signs', statements: whoSigns },
  network: { title: 'Proxies and authorities', statements: network },
}

/** Everything since 2.1.300 counts as the new line; the older one is what npm gives to Node 20. */
export function lineOf(version: string): Line {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1e6 + minor * 1e4 + patch >= 2_010_300 ? 'new' : 'old'
}

export function expectedOf({ expected }: Pick<Statement, 'expected'>, line: Line): string {
  return typeof expected === 'string' ? expected : expected[line]
}
