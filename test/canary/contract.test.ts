// The page of the contract tells of every statement, for both versions that the tests are run with, and all hold.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { knownClients } from '../../src/doctor/client.js'
import { contract, expectedOf, lineOf } from './contract.js'
import { pageText, type Results } from './page.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pins = readFileSync(`${root}/scripts/peer-pins.mjs`, 'utf8')
const versions = [...pins.matchAll(/\$\{client\}@([\d.]+)/g)].map(each => each[1] ?? '')

t.test('docs/client-contract.md is of the pinned versions, and says that all holds', async t => {
  t.equal(versions.length, 2)
  const page = readFileSync(`${root}/docs/client-contract.md`, 'utf8')
  const checkedOn = /\((\d{4}-\d\d-\d\d)\)/.exec(page)?.[1] ?? ''
  // The page as it is where each statement holds.
  const results = versions.map((version): Results => {
    const line = lineOf(version)
    const seen = Object.entries(contract).map(([subject, { statements }]) => {
      const rows = statements.map(statement => {
        const expected = expectedOf(statement, line)
        return [statement.when, { expected, seen: expected, holds: true }] as const
      })
      return [subject, Object.fromEntries(rows)] as const
    })
    return { version, checkedOn, seen: Object.fromEntries(seen) }
  })
  const undated = (text: string) => text.replaceAll(/\(\d{4}-\d\d-\d\d\)/g, '')
  t.equal(undated(page), undated(pageText(results)), 'else: npm run canary -- --pinned')
})

t.test('the versions that doctor knows are those that the tests are run with', async t => {
  t.same([...knownClients].sort(), [...versions].sort())
})

t.test('no two statements of a subject have one name', async t => {
  for (const [subject, { statements }] of Object.entries(contract)) {
    const names = statements.map(({ when }) => when)
    t.ok(names.length >= 2, subject)
    t.equal(new Set(names).size, names.length, subject)
  }
})

t.test('a version belongs to a line', async t => {
  for (const [version, line] of [
    ['2.1.197', 'old'],
    ['2.1.330', 'new'],
    ['2.2.0', 'new'],
    ['3.0.1', 'new'],
    ['1.0.128', 'old'],
  ] as const)
    t.equal(lineOf(version), line, version)
})

t.test('what can not be tried is told in one line', async t => {
  for (const [argument, said] of [
    ['newest', 'canary: no version of the client: newest\n'],
    ['--newest', /^canary: Unknown option '--newest'.*\n$/],
  ] as const) {
    const script = `${root}/scripts/canary.mjs`
    const { status, stderr } = spawnSync(process.execPath, [script, argument], { encoding: 'utf8' })
    t.equal(status, 2)
    t.match(stderr, said)
  }
})
