// The fault laboratory: runs the whole of every fault and writes what was found to docs/lab-results.md.
// usage: node scripts/lab.mjs [--short | --table] [NAME…]   (names of test/lab/NAME.test.ts)
// --short: the short cut of each, as `npm run test:lab` runs it. --table: runs nothing, and writes what was found last. What
// did not run now keeps its rows, unless all of them ran.

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)
const cache = join('.cache', 'lab')
const words = process.argv.slice(2)
const asked = words.filter(word => !word.startsWith('--'))
const isShort = words.includes('--short')
const files = readdirSync(join('test', 'lab'))
  .filter(name => name.endsWith('.test.ts'))
  .filter(name => asked.length === 0 || asked.includes(name.replace('.test.ts', '')))
  .sort()
if (files.length === 0) {
  process.stderr.write('there is no such fault\n')
  process.exit(2)
}
const isTable = words.includes('--table')
if (asked.length === 0 && !isTable) rmSync(cache, { recursive: true, force: true })

const env = {
  ...process.env,
  ...(isShort ? {} : { CLAUDE_AUTH_LAB: 'whole', CLAUDE_AUTH_CASES: '8000', TAP_TIMEOUT: '7200' }),
}
let failed = 0
for (const file of isTable ? [] : files) {
  const script = [join('scripts', 'test.mjs'), join('test', 'lab', file)]
  process.stdout.write(`\n${file}\n`)
  const { status } = spawnSync(process.execPath, script, { stdio: 'inherit', env })
  if (status !== 0) failed++
}

const results = existsSync(cache)
  ? readdirSync(cache)
      .sort(new Intl.Collator('en', { numeric: true }).compare)
      .map(name => JSON.parse(readFileSync(join(cache, name), 'utf8')))
  : []
const page = join('docs', 'lab-results.md')
const isAll = asked.length === 0 && !isTable
const before = isAll ? ['', ''] : readFileSync(page, 'utf8').split('\n## Attacks\n')
const wholeOn = /last (?:whole run was on|run:) (\d{4}-\d\d-\d\d)/.exec(before[0])?.[1]
const order = new Intl.Collator('en', { numeric: true }).compare

const rows = new Map(groupsIn(before[0], bare))
for (const { name, isWhole, figures } of results) {
  if (figures.length === 0) continue
  const first = isWhole ? name : `${name} (short cut)`
  rows.set(
    name,
    figures.map(({ what, wanted, found, holds }, index) =>
      [index > 0 ? '' : first, what, wanted, `${found}${holds ? '' : ' **(!)**'}`].map(cell),
    ),
  )
}
const table = tableOf(
  ['fault', 'figure', 'wanted', 'found'],
  [...rows].sort(([one], [other]) => order(one, other)).flatMap(([, list]) => list),
)

const attacks = new Map(
  groupsIn(before[1], kind => kind).map(([kind, list]) => [
    kind,
    new Map(list.map(([, attack, ...rest]) => [attack, [attack, ...rest]])),
  ]),
)
for (const { kind, attack, tried, succeeded, control } of results.flatMap(
  each => each.attacks ?? [],
)) {
  const ofKind = attacks.get(cell(kind)) ?? new Map()
  const got = succeeded.length === 0 ? 0 : `**(!)** ${succeeded.join('; ')}`
  const controlled = `${control.against}: ${control.succeeded} of ${control.tried}`
  ofKind.set(cell(attack), [attack, tried, got, controlled].map(cell))
  attacks.set(cell(kind), ofKind)
}
const attackTable = tableOf(
  ['attack on', 'attack', 'tried', 'succeeded', 'against something weaker: succeeded'],
  [...attacks]
    .sort(([one], [other]) => order(one, other))
    .flatMap(([kind, list]) =>
      [...list.values()].map((row, index) => [index === 0 ? kind : '', ...row]),
    ),
)
const where = `Node ${process.version}, Linux ${release()}, ${cpus().length} cores`
const text = `# What the fault laboratory found

\`npm run lab\` does to the real program what the world does to it, with real parts: OpenBao, both real clients, processes,
file systems. ${isAll ? 'This is its last run' : `Its last whole run was on ${wholeOn}; the newest rows are of`}: ${new Date().toISOString().slice(0, 10)}, ${where}. What each fault is about stands at the head
of its file in \`test/lab/\`. The short cut of a fault is what \`npm run test:lab\` runs of it. What may be trusted, and what not, in the [threat model](threat-model.md).

${table}

## Attacks

What other users, a repository, a network or an environment tried for real, and what each got. The last column is the same
attack on something that does not take our care, such as a script that checks and then opens: it shows that the attack is one.
Attacks whose tests stand in \`test/system/\`, without such a counterpart, are in the [threat model](threat-model.md).

${attackTable}
`
writeFileSync(page, text)
process.stdout.write(
  `\n${table}\n\n${attackTable}\n\n${isTable ? results.length : files.length} faults, ${failed} failed\n`,
)
process.exitCode = failed > 0 ? 1 : 0

function tableOf(head, rows) {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

function cell(value) {
  return String(value).replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** The rows of a table on the page as it is, under what their first cell names (as `nameOf` has it); a blank one goes on. */
function groupsIn(text, nameOf) {
  const groups = []
  for (const line of text
    .split('\n')
    .filter(each => each.startsWith('| '))
    .slice(2)) {
    const cells = line.slice(2, -2).split(/(?<!\\) ?\| /)
    if (cells[0] !== '') groups.push([nameOf(cells[0]), []])
    groups.at(-1)[1].push(cells)
  }
  return groups
}

function bare(name) {
  return name.replace(/ \(short cut\)$/, '')
}
