// Writes docs/config.schema.json from the schema that the program itself checks with; `--check` only compares.

import './needs-node.cjs'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import { load } from './load-source.mjs'

const root = new URL('..', import.meta.url)
const biome = fileURLToPath(new URL('node_modules/.bin/biome', root))
const target = fileURLToPath(new URL('docs/config.schema.json', root))

const { configFileSchema } = await load('src/config/schema.ts')
const text = `${JSON.stringify(toJsonSchema(configFileSchema, { typeMode: 'input' }), null, 2)}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(target, text)
  execFileSync(biome, ['format', '--write', target], { stdio: 'ignore' })
} else if (
  JSON.stringify(JSON.parse(readFileSync(target, 'utf8'))) !== JSON.stringify(JSON.parse(text))
) {
  console.error('docs/config.schema.json is behind: node scripts/config-schema.mjs')
  process.exitCode = 1
}
