// Neighbours and what is kept: forged stores, sweeps that are led elsewhere, places for the last copy that were taken before.

import t from 'tap'
import { figuresOf } from './figures.js'
import { forgedStore } from './neighbours/forged-store.js'
import { sweeps } from './neighbours/sweeps.js'

t.setTimeout(3_600_000)
t.jobs = 2
const figures = figuresOf(t, '10 Neighbours, what is kept')
await Promise.all([forgedStore, sweeps].map(room => room(t, figures)))
