// Neighbours' places: what the environment, a link or a name leads to that another user can change. Nothing there is believed.

import t from 'tap'
import { figuresOf } from './figures.js'
import { foreignPlaces } from './neighbours/foreign-places.js'
import { lyingMount } from './neighbours/lying-mount.js'
import { machinePlaces } from './neighbours/machine-places.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '10 Neighbours, places')
await foreignPlaces(t, figures)
await lyingMount(t, figures)
await machinePlaces(t, figures)
