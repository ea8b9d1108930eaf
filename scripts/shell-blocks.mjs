// Writes into bin/claude what is made from the tables of src/; `--check` only compares.

import './needs-node.cjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { load } from './load-source.mjs'

const target = fileURLToPath(new URL('../bin/claude', import.meta.url))
const begin =
  '# Made by scripts/shell-blocks.mjs from src/login/credential-table.ts: whatever else may sign.\n'
const end = '# End of what is made.\n'

const { credentialShell } = await load('src/login/credential-table.ts')
const before = readFileSync(target, 'utf8')
const [from, to] = [before.indexOf(begin), before.indexOf(end)]
if (from < 0 || to < from) throw new Error(`bin/claude has no block: ${begin}`)
const after = before.slice(0, from + begin.length) + credentialShell() + before.slice(to)

if (!process.argv.includes('--check')) writeFileSync(target, after)
else if (after !== before) {
  console.error('bin/claude is behind: node scripts/shell-blocks.mjs')
  process.exitCode = 1
}
