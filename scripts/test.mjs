// Fetches the real programs, runs the tests, shows what failed, and ends with `N passed, N failed`.
// usage: node scripts/test.mjs [FILE…]

import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { makeReader } from './tap-reader.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

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

if (runScript('ready.mjs') !== 0) process.exit(1)
const arePeersMissing = runScript('peers.mjs') !== 0

const asked = process.argv.slice(2)
const files = asked.length > 0 ? asked : allTests()
const tap = join('node_modules', '.bin', 'tap')
const child = spawn(tap, ['run', '-j2', '--reporter=tap', ...files], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const reader = makeReader(line => process.stdout.write(`${line}\n`))
const ended = new Promise(resolve => child.on('close', resolve))
for await (const line of createInterface({ input: child.stdout })) reader.read(line)
const code = await ended

const { passed, skipped } = reader.counts()
let { failed } = reader.counts()
if (arePeersMissing) {
  process.stdout.write('a real program that tests need could not be fetched\n')
  failed += 1
}
if (passed + failed === 0) process.stdout.write('no test ran\n')
// A crash of the runner itself shows in no figure of its own.
if (code !== 0 && failed === 0) failed = 1
const tail = skipped > 0 ? `, ${skipped} skipped` : ''
process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
