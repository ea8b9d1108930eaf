// The whole table: each thing that is no file, in the place of each file that is opened, before each command.

import t from 'tap'
import { holdsNobody, oddKinds, oddPlaces } from '../kit/odd-files.js'

t.setTimeout(7_200_000)

for (const kind of Object.keys(oddKinds))
  for (const name of Object.keys(oddPlaces))
    t.test(`${kind} as ${name}`, { timeout: 240_000 }, async t => holdsNobody(t, name, kind))
