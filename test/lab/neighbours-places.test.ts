// Neighbours' places: what the environment, a link or a name leads to that another user can change. Nothing there is believed.

import t from 'tap'
import { figuresOf } from './figures.js'
import { foreignPlaces } from './neighbours/foreign-places.js'

t.setTimeout(3_600_000)
await foreignPlaces(t, figuresOf(t, '10 Neighbours, places'))
