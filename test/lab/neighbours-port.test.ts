// Neighbours at a port: a server on loopback is away, and another user takes its place. No secret is sent there.

import t from 'tap'
import { figuresOf } from './figures.js'
import { loopback } from './neighbours/loopback.js'
import { racingPort } from './neighbours/racing-port.js'

t.setTimeout(1_800_000)
const figures = figuresOf(t, '10 Neighbours, at a port')
await loopback(t, figures)
await racingPort(t, figures)
