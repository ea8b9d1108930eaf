// A pipe, a device, a socket, a folder or an endless file in the place of any file that is opened holds nobody up. Each place
// is tried with one kind, by doctor and two more; the laboratory tries all with all.

import t from 'tap'
import { holdsNobody, oddKinds, oddPlaces } from '../kit/odd-files.js'

const kinds = Object.keys(oddKinds)
const others = ['status', 'session-start', 'ensure']
const launches = ['launch in dash', 'launch in bash']
/** Only who asks Vault opens what is for Vault. */
const asked = (name: string, command: string) => name.includes('Vault') && command === 'ensure'

t.setTimeout(900_000)

for (const [at, name] of Object.keys(oddPlaces).entries()) {
  const kind = kinds[at % kinds.length] ?? ''
  const some = ['doctor', others[at % others.length], launches[at % launches.length]]
  t.test(`${kind} as ${name}`, { timeout: 120_000 }, async t =>
    holdsNobody(t, name, kind, { only: command => some.includes(command) || asked(name, command) }),
  )
}
