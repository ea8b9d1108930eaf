// The schema: the generated page of it is current, and the manual has a row for every key.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { knownKeys } from '../../src/config/schema.js'
import { house } from './house.js'

const script = fileURLToPath(new URL('../../scripts/config-schema.mjs', import.meta.url))

t.test('docs/config.schema.json is up to date', async t => {
  t.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }))
})

const manual = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

t.test('every key stands in the table', async t => {
  // Ways to sign in to Vault have the same keys everywhere: their table is that of `vault.auth`.
  const isRepeated = (key: string) => /^(?!vault\.)[a-zA-Z]+\.auth\./.test(key)
  const single = knownKeys().filter(key => !key.includes('[]') && !isRepeated(key))
  const leaves = single.filter(key => !single.some(other => other.startsWith(`${key}.`)))
  for (const key of leaves) t.ok(manual.includes(`| \`${key}\` `), key)
})

t.test('the examples load', async t => {
  const blocks = [...manual.matchAll(/^```yaml\n(.*?)^```/gms)].map(match => match[1] ?? '')
  const examples = blocks.filter(text => !text.startsWith('users:'))
  const roster = blocks.find(text => text.startsWith('users:')) ?? ''
  t.equal(examples.length, 5)
  for (const text of examples) {
    const at = house(t.testdir())
    const file = at.writeSystem(roster, 'roster.yaml')
    at.writeUser(text.replace('/etc/claude-auth/roster.yaml', file))
    t.equal((await at.load()).mode, 'on')
    if (text.includes('roster:'))
      t.equal((await at.load({ person: { user: 'carol' } })).off?.because, 'parked')
  }
})
