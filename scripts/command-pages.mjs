// Writes docs/commands.md, man/claude-auth.1 and completions/ from the command table; `--check` only compares.

import './needs-node.cjs'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from './load-source.mjs'

const root = new URL('..', import.meta.url)
const { commandsPage, manualPage } = await load('scripts/manual.ts')
const { shippedCompletions } = await load('src/cli/completion.ts')
const completions = Object.entries(shippedCompletions())
const pages = {
  'docs/commands.md': commandsPage(),
  'man/claude-auth.1': manualPage(),
  ...Object.fromEntries(completions.map(([name, text]) => [`completions/${name}`, text])),
}

for (const [name, text] of Object.entries(pages)) {
  const path = fileURLToPath(new URL(name, root))
  if (process.argv.includes('--check')) {
    if (read(path) !== text) {
      console.error(`${name} is behind: node scripts/command-pages.mjs`)
      process.exitCode = 1
    }
    continue
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
