// The deliberate faults of `npm run mutants`: each can still be put where it belongs, however the code moved.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

interface Fault {
  what: string
  file: string
  from: string
  tests: string[]
}

const root = join(import.meta.dirname, '..')
const { faults } = (await import(pathToFileURL(join(root, 'scripts/faults.mjs')).href)) as {
  faults: Fault[]
}

t.test(
  'the text that a fault changes stands once in its file, and its tests are there',
  async t => {
    t.ok(faults.length >= 60)
    for (const { what, file, from, tests } of faults) {
      t.equal(readFileSync(join(root, file), 'utf8').split(from).length, 2, `${file}: ${what}`)
      t.same(
        tests.filter(name => !existsSync(join(root, name))),
        [],
        what,
      )
    }
  },
)
