// Bundles src/ into dist/ with esbuild: one entry per program, shared code split off.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const startedAt = new Date()

const candidates = {
  main: ['src/main.ts'],
  demo: ['src/demo/demo.ts'],
  bench: ['test/bench/bench.ts', 'src/demo/bench.ts'],
}

const entryPoints = {}
for (const [name, paths] of Object.entries(candidates)) {
  const found = paths.find(path => existsSync(join(root, path)))
  if (found) entryPoints[name] = join(root, found)
}

// Bundled CommonJS calls `require` for Node's own modules, which ESM does not have.
const banner = [
  "import { createRequire as $createRequire } from 'node:module'",
  'const require = $createRequire(import.meta.url)',
].join(';')

// Of node-vault only its requests are used, on a transport of our own: axios, its own one, would cost
// 80 ms at each start, and debug could print what a request holds.
const unused = {
  name: 'unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:axios|debug)$/ }, ({ path, importer }) =>
      /node-vault/.test(importer) ? { path, namespace: 'unused' } : undefined,
    )
    onLoad({ filter: /^axios$/, namespace: 'unused' }, () => ({ contents: '' }))
    onLoad({ filter: /^debug$/, namespace: 'unused' }, () => ({
      contents: 'module.exports = () => () => undefined',
    }))
  },
}

mkdirSync(join(root, '.cache'), { recursive: true })
const temporary = mkdtempSync(join(root, '.cache', 'dist-'))
try {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: temporary,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The UMD form of jsonc-parser can't be bundled.
    mainFields: ['module', 'main'],
    banner: { js: banner },
    plugins: [unused],
    chunkNames: 'chunk-[hash]',
    logLevel: 'warning',
    legalComments: 'none',
  })
  install()
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

/** Chunks first, entries last; old chunks stay for a while, for processes that are still running. */
function install() {
  mkdirSync(dist, { recursive: true })
  const built = readdirSync(temporary)
  const isChunk = name => name.startsWith('chunk-')
  for (const name of [...built.filter(isChunk), ...built.filter(name => !isChunk(name))]) {
    renameSync(join(temporary, name), join(dist, name))
  }
  const isOld = name => Date.now() - statSync(join(dist, name)).mtimeMs > 600_000
  for (const name of readdirSync(dist)) {
    if (!built.includes(name) && isOld(name)) rmSync(join(dist, name), { force: true })
  }
  // As of the start, so that a source saved during the build counts as newer.
  writeFileSync(join(dist, '.built'), '')
  utimesSync(join(dist, '.built'), startedAt, startedAt)
}
