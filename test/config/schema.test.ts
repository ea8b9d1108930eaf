// The published schema is the one that the program checks with.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const script = fileURLToPath(new URL('../../scripts/config-schema.mjs', import.meta.url))

t.test('docs/config.schema.json is up to date', async t => {
  t.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }))
})
