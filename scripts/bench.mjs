// Bundles the benchmark of test/bench/ and runs it. usage: npm run bench [-- --help]

import './needs-node.cjs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, '.cache', 'bench', 'bench.js')

await build({
  absWorkingDir: root,
  entryPoints: ['test/bench/bench.ts'],
  outfile: program,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
})
await import(program)
