// Bundles src/ into dist/ with esbuild: one file for each program, and one for each library that is loaded late.
//
// Each file more costs Node about 1 ms at every start, so what is our own is in one. There, a module
// that is imported by `import()` begins its work when it is asked for, though it is in the same file.

import {
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

/** Heavy, and seldom needed: whoever needs none of them loads none. */
const libraries = [
  'diff',
  'https-proxy-agent',
  'jose',
  'node-vault',
  'selfsigned',
  'valibot',
  'yaml',
]

const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // The UMD form of jsonc-parser can't be bundled.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  legalComments: 'none',
}

// What `require` in an ES module is.
const banner = [
  "import { createRequire as $createRequire } from 'node:module'",
  'const require = $createRequire(import.meta.url)',
].join(';')

/** In the place of the modules that `names` matches: what `require` gives for `nameOf(name)`. */
function byRequire(name, names, nameOf = path => path) {
  return {
    name,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^(?:${names.join('|')})$`) }, ({ path, kind }) =>
        kind === 'require-call' ? undefined : { path: nameOf(path), namespace: name },
      )
      onLoad({ filter: /./, namespace: name }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
      }))
    },
  }
}

// As an ES module, node:http of Node 22 and 24 is loaded with all that stands behind its names, undici
// among it, of which nothing is used: 50 ms.
const nodeHttp = byRequire('node-http', ['(?:node:)?https?'])

// Of node-vault only its requests are used, on a transport of our own: axios, its own one, would cost
// 80 ms at each start, and debug could print what a request holds. proper-lockfile does as well without
// graceful-fs, whose waiting for free descriptors costs 15 ms at each start.
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
    onResolve({ filter: /^graceful-fs$/ }, () => ({ path: 'node:fs', external: true }))
  },
}

mkdirSync(join(root, '.cache'), { recursive: true })
const temporary = mkdtempSync(join(root, '.cache', 'dist-'))
try {
  await build({
    ...options,
    entryPoints: libraries,
    outdir: temporary,
    entryNames: 'library-[name]-[hash]',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    plugins: [unused],
  })
  const files = readdirSync(temporary)
  const fileOf = name => `./${files.find(file => file.startsWith(`library-${name}-`))}`
  await build({
    ...options,
    entryPoints: { main: 'src/main.ts', demo: 'src/demo/demo.ts' },
    outdir: temporary,
    format: 'esm',
    banner: { js: banner },
    external: ['./library-*'],
    plugins: [unused, nodeHttp, byRequire('libraries', libraries, fileOf)],
  })
  install()
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

/** Libraries first, programs last; old libraries stay for a while, for processes that are still running. */
function install() {
  mkdirSync(dist, { recursive: true })
  const built = readdirSync(temporary)
  const isLibrary = name => name.startsWith('library-')
  for (const name of [...built.filter(isLibrary), ...built.filter(name => !isLibrary(name))]) {
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
