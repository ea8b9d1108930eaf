// Storm: everybody starts at once on an ended login. One request, nobody notices, and bare clients are none the worse.
// Others promise: MSAL, 80–100 processes on one lock; client-go, 100 rounds × 100 callers and one call a round.

import t from 'tap'
import { realClient } from '../kit/real-clients.js'
import { figuresOf } from './figures.js'
import { callers } from './storm/callers.js'
import { mixed } from './storm/mixed.js'
import { soon } from './storm/soon.js'

t.setTimeout(7_200_000)
const figures = figuresOf(t, '1 Storm')
const [newer, older] = [realClient('new'), realClient('old')]

await t.test('100 callers at once, round after round', t => callers(t, figures))
await t.test('100 launches past half-life', t => soon(t, figures))
await t.test(
  'launches among bare clients of both versions',
  { skip: newer.skip || older.skip },
  t => mixed(t, figures, { newer: newer.path, older: older.path }),
)
