// Every test that the threat model names exists, by its file and by its title.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = (name: string) => readFileSync(join(root, name), 'utf8')
const page = text('docs/threat-model.md')

/** `file` and, where one is given, "title". */
const named = [...page.matchAll(/`(test\/[^`]+\.ts)`(?: "([^"]+)")?/g)].map(match => ({
  file: match[1] ?? '',
  title: match[2] ?? null,
}))

t.test('every named test exists', async t => {
  t.ok(named.length > 30)
  for (const { file, title } of named) {
    t.ok(existsSync(join(root, file)), file)
    if (title !== null) t.match(text(file), title, `${file} "${title}"`)
  }
})

t.test('every claim names at least one', async t => {
  const start = page.indexOf('## Claims')
  const rows = page
    .slice(start, page.indexOf('## Out of scope'))
    .split('\n')
    .filter(line => /^\| [A-Z`]/.test(line))
  t.ok(rows.length > 20)
  t.same(
    rows.filter(row => !row.includes('`test/')),
    [],
  )
})

t.test('each fault of the laboratory about neighbours and secrets is on the page', async t => {
  const faults = readdirSync(join(root, 'test/lab')).filter(name => name.endsWith('.test.ts'))
  const about = faults.filter(name => /^(?:neighbours|secrets)/.test(name))
  t.ok(about.includes('neighbours.test.ts') && about.includes('secrets.test.ts'))
  for (const name of about) t.match(page, `test/lab/${name}`)
})
