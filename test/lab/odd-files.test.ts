// The whole table: each thing that is no file, in the place of each file that is opened, before each command. The short cut
// takes one thing for each place, another one than test/system/odd-files.test.ts.

import t from 'tap'
import { holdsNobody, oddKinds, oddPlaces } from '../kit/odd-files.js'
import { machineHoldsNobody, machineKinds, machinePlaces } from '../kit/odd-machine-files.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { isWhole } from './figures.js'

t.setTimeout(7_200_000)

const kinds = Object.keys(oddKinds)
/** Node itself waits at a pipe that NODE_EXTRA_CA_CERTS names, before any line of ours: the shell keeps it from Node. */
const isNodes = (name: string, kind: string) =>
  name === 'the authorities of the environment' && /pipe/.test(kind)

for (const [at, name] of Object.keys(oddPlaces).entries())
  for (const kind of isWhole ? kinds : [kinds[(at + 2) % kinds.length] ?? ''])
    if (!isNodes(name, kind))
      t.test(`${kind} as ${name}`, { timeout: 240_000 }, async t =>
        holdsNobody(
          t,
          name,
          kind,
          isWhole ? {} : { only: command => ['doctor', 'ensure'].includes(command) },
        ),
      )

const ofMachine = Object.keys(machineKinds)
for (const [at, name] of Object.keys(machinePlaces).entries()) {
  const some = isWhole ? ofMachine : [ofMachine[at % ofMachine.length] ?? '']
  t.test(name, { skip: noOwnMachine, timeout: 1_800_000 }, t => machineHoldsNobody(t, name, some))
}
