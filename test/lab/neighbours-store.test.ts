// Neighbours and what is kept: forged stores, sweeps that are led elsewhere, a last refuge that was taken before,
// and foreign logins that a user calls right.

import t from 'tap'
import { figuresOf } from './figures.js'
import { forgedStore } from './neighbours/forged-store.js'
import { lastRefuge } from './neighbours/last-refuge.js'
import { sweeps } from './neighbours/sweeps.js'
import { whoseLogin } from './neighbours/whose-login.js'

t.setTimeout(3_600_000)
t.jobs = 2
const figures = figuresOf(t, '10 Neighbours, what is kept')
await Promise.all([forgedStore, sweeps, lastRefuge, whoseLogin].map(room => room(t, figures)))
