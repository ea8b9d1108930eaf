// What a launch is started with: whatever it is, the client starts, and nothing of the login is lost or shown.

import t from 'tap'
import { figuresOf } from './figures.js'
import { inherited } from './neighbours/inherited.js'

t.setTimeout(3_600_000)
await inherited(t, figuresOf(t, '10 Neighbours, what a launch inherits'))
