// The benchmark: every figure beside its baseline in the same run, as one table.

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { atOnce } from './at-once.js'
import { commands } from './commands.js'
import { due } from './due.js'
import { fleet } from './fleet.js'
import { guard } from './guard.js'
import { healthy } from './healthy.js'
import { hook } from './hook.js'
import { memory } from './memory.js'
import { page } from './page.js'
import { picture } from './picture.js'
import { realClient } from './real-client.js'
import { roundTrips } from './round-trips.js'
import { leftOut, type Section } from './row.js'
import type { Bench } from './scene.js'
import { size } from './size.js'
import { soon } from './soon.js'
import { calls } from './syscalls.js'
import { tableText } from './table.js'

const help = `Usage: npm run bench -- [--quick] [--rounds PERCENT] [SECTION…]

Prints one table, and writes docs/benchmarks.md with its picture when everything was measured.

  --quick           a minute, with few rounds and no peers that have to be fetched for it: writes
                    nothing, and fails only if something is more than three times what is wanted
  --rounds PERCENT  more or fewer rounds: 100 is the usual number
  SECTION…          only these: NAMES
`

/** A quick run begins nothing new after this. */
const quickMs = 40_000

/** The quickest and most telling first. */
const sections: Record<string, (bench: Bench) => Promise<Section[]>> = {
  calls,
  healthy,
  hook,
  'round-trips': roundTrips,
  soon,
  due,
  commands,
  'at-once': atOnce,
  'real-client': realClient,
  memory,
  fleet,
  guard,
  size,
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const names = Object.keys(sections)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '100' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

let stopped = false
const ends: (() => unknown)[] = []

async function endAll() {
  while (ends.length > 0) await ends.pop()?.()
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    stopped = true
    process.exitCode = 130
    void endAll()
  })
// A reader that leaves early (`| head`) must not leave a home behind.
process.stdout.on('error', () => undefined)

async function measure(): Promise<number> {
  const bench: Bench = {
    quick: values.quick,
    rounds: (usual, quick) =>
      Math.max(1, Math.round(((values.quick ? quick : usual) * Number(values.rounds)) / 100)),
    teardown: end => void ends.push(end),
  }
  const machine = {
    node: process.version,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    load: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
  }
  const asked = positionals.length > 0 ? positionals : names
  const found: Section[] = []
  const endMs = performance.now() + quickMs
  for (const name of asked) {
    const isLate = values.quick && performance.now() > endMs
    found.push(...(isLate ? [unmeasured(name)] : await section(name, bench)))
  }
  const rows = found.flatMap(section => section.rows)
  process.stdout.write(tableText(rows))
  if (!values.quick && positionals.length === 0) {
    const drawing = 'pictures/benchmarks.svg'
    mkdirSync(dirname(join(root, 'docs', drawing)), { recursive: true })
    writeFileSync(join(root, 'docs', drawing), picture(found))
    writeFileSync(join(root, 'docs', 'benchmarks.md'), page(found, machine, drawing))
  }
  return values.quick && rows.some(({ gross }) => gross) ? 1 : 0
}

/** What looks grossly wrong is looked at again: another program may have been at work. */
async function section(name: string, bench: Bench): Promise<Section[]> {
  for (let turn = 1; ; turn++) {
    process.stderr.write(`measuring: ${name}\n`)
    const found = (await sections[name]?.(bench)) ?? []
    await endAll()
    if (turn === 3 || !found.some(({ rows }) => rows.some(({ gross }) => gross))) return found
  }
}

function unmeasured(name: string): Section {
  const rows = [leftOut(name, '', '', 'no time was left in this quick run')]
  return { title: name, rows, timed: [], base: '' }
}

if (values.help) process.stdout.write(help.replace('NAMES', names.join(' ')))
else if (positionals.some(name => !names.includes(name)) || !(Number(values.rounds) > 0)) {
  process.stderr.write(help.replace('NAMES', names.join(' ')))
  process.exitCode = 2
} else {
  try {
    process.exitCode = await measure()
  } catch (error) {
    if (!stopped) throw error
  } finally {
    await endAll()
  }
}
