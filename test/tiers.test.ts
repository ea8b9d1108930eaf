// The tiers: every test file is run, in whatever goes, and the files said to be the longest are there.

import { fileURLToPath } from 'node:url'
import t from 'tap'

interface Tier {
  takes(file: string): boolean
}

const root = fileURLToPath(new URL('..', import.meta.url))
const from = new URL('../scripts/tiers.mjs', import.meta.url).href
const { allTests, goesOf, longest, tiers } = (await import(from)) as {
  allTests(root: string): string[]
  goesOf(names: string[]): Tier[][]
  longest: string[]
  tiers: Record<string, Tier>
}

t.test('in all goes together each file runs, a property in two', async t => {
  const names = Object.keys(tiers)
  const goes = goesOf(names)
  t.ok(goes.length < names.length, `${goes.length} goes`)
  t.same(
    goes.flat(),
    names.map(name => tiers[name]),
  )
  for (const file of allTests(root)) {
    const times = goes.filter(go => go.some(({ takes }) => takes(file))).length
    t.equal(times, file.endsWith('.property.test.ts') ? 2 : 1, file)
  }
  for (const name of names) t.same(goesOf([name]), [[tiers[name]]])
})

t.test('the files that begin first are there, each named once', async t => {
  const all = allTests(root)
  t.same(
    longest.filter(file => !all.includes(file)),
    [],
  )
  t.equal(new Set(longest).size, longest.length)
})
