// The page on doctor: an entry for each check, and none for what is no check.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkIds } from '../../src/doctor/run.js'

const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')

t.test('every check has its entry, in the order of the report', async t => {
  const entries = [...page.matchAll(/^### (\S+)$/gm)].map(([, id]) => id)
  t.same(entries, checkIds)
})

t.test('every entry says what to do, or that it is the same elsewhere', async t => {
  for (const entry of page.split(/^### /m).slice(1))
    t.match(entry, /\*\*Do:\*\*|^\S+\n\nThe same in/, entry.split('\n')[0] ?? '')
})
