// The fault laboratory: runs the whole of every fault and writes what was found to docs/lab-results.md.
// usage: node scripts/lab.mjs [--short | --table] [NAME…]   (names of test/lab/NAME.test.ts)
// --short: the short cut of each, as `npm run test:lab` runs it. --table: runs nothing, and writes what was found last.

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
const rows = results.flatMap(({ name, isWhole, figures }) =>
  figures.map(({ what, wanted, found, holds }, index) =>
    [
      index > 0 ? '' : isWhole ? name : `${name} (short cut)`,
      what,
      wanted,
      `${found}${holds ? '' : ' **(!)**'}`,
    ].map(cell),
  ),
)
const table = tableOf(['fault', 'figure', 'wanted', 'found'], rows)
const attacks = results.flatMap(({ attacks = [] }) => attacks)
attacks.sort((a, b) => new Intl.Collator('en', { numeric: true }).compare(a.kind, b.kind))
const attackTable = tableOf(
  ['attack on', 'attack', 'tried', 'succeeded', 'against something weaker: succeeded'],
  attacks.map(({ kind, attack, tried, succeeded, control }, index) => [
    ...[kind === attacks[index - 1]?.kind ? '' : kind, attack, tried].map(cell),
    cell(succeeded.length === 0 ? 0 : `**(!)** ${succeeded.join('; ')}`),
    cell(`${control.against}: ${control.succeeded} of ${control.tried}`),
  ]),
)
const where = `Node ${process.version}, Linux ${release()}, ${cpus().length} cores`
const text = `# What the fault laboratory found

\`npm run lab\` does to the real program what the world does to it, with real parts: OpenBao, both real clients, processes,
file systems. This is its last run: ${new Date().toISOString().slice(0, 10)}, ${where}. What each fault is about stands at the head
of its file in \`test/lab/\`. The short cut of a fault is what \`npm run test:lab\` runs of it. What may be trusted, and what not, in the [threat model](threat-model.md).

${table}

## Attacks

What other users, a repository, a network or an environment tried for real, and what each got. The last column is the same
attack on something that does not take our care, such as a script that checks and then opens: it shows that the attack is one.

${attackTable}
`
writeFileSync(join('docs', 'lab-results.md'), text)
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
