// Fetches the real programs, runs the tests, shows what failed, and ends with `N passed, N failed`.
// usage: node scripts/test.mjs [FILE…]

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTests } from './run-tests.mjs'
import { makeReader } from './tap-reader.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

/** So many files may pass only by themselves: real programs share two cores with other tests. */
const mostUnsteady = 3

function runScript(name, args = []) {
  return spawnSync(process.execPath, [join('scripts', name), ...args], {
    stdio: ['ignore', 2, 2],
  }).status
}

function allTests() {
  return readdirSync('test', { recursive: true })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join('test', name))
    .sort()
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

/** Counts by file; `isWell` is the runner's own word, so that a crash of it can't be overlooked. */
async function run(files, jobs) {
  const reader = makeReader(say)
  const isWell = await runTests(root, files, jobs, reader.read)
  return { isWell, counts: reader.files() }
}

const hasFailed = counts => [...counts].filter(([, { failed }]) => failed > 0).map(([file]) => file)

if (runScript('ready.mjs') !== 0) process.exit(1)
const arePeersMissing = runScript('peers.mjs') !== 0

const asked = process.argv.slice(2).map(file => relative(root, resolve(file)))
let { isWell, counts } = await run(asked.length > 0 ? asked : allTests(), 2)

// What fails beside others is looked at again by itself: a fault shows there too, a busy machine doesn't.
const again = hasFailed(counts)
if (asked.length === 0 && again.length > 0 && again.length <= mostUnsteady) {
  say(`\nonce more, one at a time: ${again.join(' ')}`)
  const second = await run(again, 1)
  counts = new Map([...counts, ...second.counts])
  isWell = second.isWell
  for (const file of again)
    if (!hasFailed(counts).includes(file)) say(`unsteady: ${file} passed only by itself`)
}

const sum = kind => [...counts.values()].reduce((so, each) => so + each[kind], 0)
const [passed, skipped] = [sum('passed'), sum('skipped')]
let failed = sum('failed')
if (arePeersMissing) {
  say('a real program that tests need could not be fetched')
  failed += 1
}
if (passed + failed === 0) say('no test ran')
// A crash of the runner itself shows in no figure of its own.
if (!isWell && failed === 0) failed = 1
say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
