// Fetches the real programs, runs a tier of the tests, shows what failed, and ends with `N passed, N failed`.
// usage: node scripts/test.mjs [--tier first|system|lab|all | FILE…]   (the first tier, if nothing is said)

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

/** So many files of a tier may pass only by themselves: real programs share two cores with other tests. */
const mostUnsteady = 3

function runScript(name, args = []) {
  return spawnSync(process.execPath, [join('scripts', name), ...args], {
    stdio: ['ignore', 2, 2],
  }).status
}

// Whoever reads only the beginning ends it.
process.stdout.on('error', () => process.exit(1))

function say(line) {
  process.stdout.write(`${line}\n`)
}

if (runScript('ready.mjs') !== 0) process.exit(1)
// Only now are the packages there that these take.
const { runTests } = await import('./run-tests.mjs')
const { makeReader } = await import('./tap-reader.mjs')
const { allTests, goesOf, tiers, wider } = await import('./tiers.mjs')

const words = process.argv.slice(2)
const tier = words[0] === '--tier' ? words[1] : words.length === 0 ? 'first' : null
if (tier !== null && tier !== 'all' && !Object.hasOwn(tiers, tier)) {
  say(`there is no tier ${tier}: first, system, lab, all`)
  process.exit(2)
}
/** Files, and how they run. */
const groups =
  tier === null
    ? [{ jobs: 2, files: words.map(file => relative(root, resolve(file))) }]
    : goesOf(Object.keys(tiers).filter(name => tier === 'all' || name === tier)).map(asGroup)

function asGroup(together) {
  return {
    files: allTests(root).filter(file => together.some(({ takes }) => takes(file))),
    jobs: Math.max(...together.map(({ jobs }) => jobs)),
    peers: together.flatMap(({ peers }) => peers),
    env: Object.assign({}, ...together.map(({ env }) => env)),
    mostUnsteady: mostUnsteady * together.length,
  }
}

const needed = [...new Set(groups.flatMap(({ peers = [] }) => peers))]
// The first tier skips nothing that it needs: it says so now, not in the middle.
const strictly = tier === 'first' ? ['--all-needed'] : []
const arePeersMissing = needed.length > 0 && runScript('peers.mjs', [...strictly, ...needed]) !== 0
if (arePeersMissing && tier === 'first') {
  say('what is named above is needed before the tests can begin')
  say('0 passed, 1 failed')
  process.exit(1)
}

/** Counts by file; `isWell` is the runner's own word, so that a crash of it can't be overlooked. */
async function run(files, how) {
  const reader = makeReader(say)
  const isWell = await runTests(root, files, how, reader.read)
  return { isWell, counts: reader.files() }
}

const hasFailed = counts => [...counts].filter(([, { failed }]) => failed > 0).map(([file]) => file)

/** A tier. What fails beside others is looked at again by itself: a fault shows there too, a busy machine doesn't. */
async function runGroup({ files, mostUnsteady = 0, ...how }) {
  const first = await run(files, how)
  const again = hasFailed(first.counts)
  if (tier === null || again.length === 0 || again.length > mostUnsteady) return first
  say(`\nonce more, one at a time: ${again.join(' ')}`)
  const second = await run(again, { ...how, jobs: 1 })
  for (const file of again)
    if (!hasFailed(second.counts).includes(file)) say(`unsteady: ${file} passed only by itself`)
  return { isWell: second.isWell, counts: new Map([...first.counts, ...second.counts]) }
}

const results = []
for (const group of groups) results.push(await runGroup(group))

const each = results.flatMap(({ counts }) => [...counts.values()])
const sum = kind => each.reduce((so, counts) => so + counts[kind], 0)
const [passed, skipped] = [sum('passed'), sum('skipped')]
let failed = sum('failed')
if (arePeersMissing) {
  say('a real program that tests need could not be fetched')
  failed += 1
}
if (passed + failed === 0) say('no test ran')
// A crash of the runner itself shows in no figure of its own.
if (failed === 0 && !results.every(({ isWell }) => isWell)) failed = 1
if (tier === 'first') say(wider)
say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
