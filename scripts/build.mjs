// Bundles src/ into dist/ with esbuild: one file for each group of commands (bundles.json), one for help, and one for each
// library that is loaded late. usage: node scripts/build.mjs [--alone]   (nothing of the build before stays)
//
// Each file more costs Node about 1 ms at every start. In the bundle, a module that is imported by
// `import()` begins its work when it is asked for. All is CommonJS, which starts 5 ms sooner than ES
// modules, and of which src/program.ts can keep the compiled code.

import './needs-node.cjs'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { usedParts } from './used-parts.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const startedAt = new Date()
const isAlone = process.argv.includes('--alone')

/** Heavy, and seldom needed: whoever needs none of them loads none. */
const libraries = ['diff', 'node-vault', 'yaml']

/**
 * A hash of all that makes a configuration what it is: what another form of the program kept of one is not believed
 * (src/config/cache.ts, bin/config.sh).
 */
const configForm = (() => {
  const hash = createHash('sha256')
  const namesIn = folder => readdirSync(join(root, 'src', folder)).map(name => `${folder}/${name}`)
  const ground = ['endpoint', 'paths', 'trusted-path']
  const names = [
    ...namesIn('config'),
    'policy/outcome.ts',
    'text/durations.ts',
    ...ground.map(name => `system/${name}.ts`),
  ]
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(root, 'src', name)))
  return hash.digest('hex').slice(0, 16)
})()

const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // Half of what has to be read and compiled; names stay, for whoever reads a stack trace.
  minifyWhitespace: true,
  minifySyntax: true,
  supported: { 'dynamic-import': false },
  // Made when it is asked for: that is seldom.
  define: { 'import.meta.url': '$here.url', $configForm: JSON.stringify(configForm) },
  banner: {
    js: "const $here={get url(){return require('node:url').pathToFileURL(__filename).href}};",
  },
  // The UMD form of jsonc-parser can't be bundled.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  legalComments: 'none',
  metafile: true,
}

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

// Of node-vault only its requests are used, on a transport of our own: axios, its own one, would cost
// 80 ms at each start, and debug could print what a request holds. proper-lockfile does as well without
// graceful-fs, whose waiting for free descriptors costs 15 ms at each start, and without signal-exit, which ends a run at
// a signal that Node itself ignores (SIGXFSZ, at a write beyond `ulimit -f`): the locks stay as they are then. kerberos is a native module
// that a proxy's "Negotiate" would load from whatever node_modules lies above us.
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
    onResolve({ filter: /^kerberos$/ }, ({ path }) => ({ path, namespace: 'unused' }))
    onLoad({ filter: /^kerberos$/, namespace: 'unused' }, () => ({
      contents: 'throw new Error("kerberos is not part of claude-auth")',
    }))
    onResolve({ filter: /^signal-exit$/ }, ({ path, importer }) =>
      /proper-lockfile/.test(importer) ? { path, namespace: 'unused' } : undefined,
    )
    onLoad({ filter: /^signal-exit$/, namespace: 'unused' }, () => ({
      contents: 'module.exports = () => () => undefined',
    }))
    onResolve({ filter: /^graceful-fs$/ }, () => ({ path: 'node:fs', external: true }))
  },
}

/** Node's own modules that most runs need nothing of, and that cost 2 ms and more: loaded at first use. */
const lateModules = (...late) => ({
  name: 'late-modules',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(?:node:)?(?:${late.join('|')})$`)
    onResolve({ filter }, ({ path, namespace }) =>
      namespace === 'late-modules' ? undefined : { path, namespace: 'late-modules' },
    )
    onLoad({ filter: /./, namespace: 'late-modules' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter(name => name !== 'default')
      const getters = names.map(name => `get ${name}() { return require('${path}').${name} }`)
      return { contents: `module.exports = { ${getters.join(', ')} }` }
    })
  },
})

/** Command → the bundle that holds it, where that is not the main one. */
const bundleOf = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(join(root, 'scripts/bundles.json'), 'utf8'))).flatMap(
    ([bundle, commands]) => commands.map(command => [command, bundle]),
  ),
)

/** Does the bundle hold what src/main.ts loads as `./cli/<module>.js`? Words are in the help's, unknown names the main one's. */
function modulesOf(bundle) {
  const places = { help: ['help'], commands: ['main'], 'admin-context': ['fleet', 'admin'] }
  return module => (places[module] ?? [bundleOf[module] ?? 'main']).includes(bundle)
}

/** Of the modules that src/main.ts loads late, those that `holds`. */
function only(holds) {
  return {
    name: 'only',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/cli\/[a-z-]+\.js$/ }, ({ path, importer, kind }) => {
        const isLate = kind === 'dynamic-import' && importer === join(root, 'src/main.ts')
        const module = path.slice('./cli/'.length, -'.js'.length)
        return isLate && !holds(module) ? { path: module, namespace: 'elsewhere' } : undefined
      })
      onLoad({ filter: /./, namespace: 'elsewhere' }, ({ path }) => ({
        contents: `throw new Error('${path} is in another bundle')`,
      }))
    },
  }
}

/** The folders in node_modules of those packages of which a bundle holds code. */
const packages = new Set()

async function bundle(more) {
  const { metafile } = await build({ ...options, ...more })
  for (const { inputs } of Object.values(metafile.outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []
      if (folder !== undefined && bytesInOutput > 0) packages.add(folder)
    }
}

mkdirSync(join(root, '.cache'), { recursive: true })
const temporary = mkdtempSync(join(root, '.cache', 'dist-'))
try {
  await bundle({
    entryPoints: libraries,
    outdir: temporary,
    entryNames: 'library-[name]-[hash]',
    define: {},
    banner: {},
    // Of the transport that node-vault does not get to use.
    plugins: [unused, lateModules('https')],
  })
  const files = readdirSync(temporary)
  // For the shell, which looks whether it is there.
  writeFileSync(join(temporary, `config-form-${configForm}`), '')
  const fileOf = name => `./${files.find(file => file.startsWith(`library-${name}-`))}`
  const names = {}
  for (const name of ['main', 'engine', 'status', 'fleet', 'admin', 'help']) {
    await bundle({
      entryPoints: { [name]: 'src/main.ts' },
      outdir: temporary,
      // The function around a module: src/program.ts calls it.
      banner: { js: `(function (exports, require, module, __filename) {${options.banner.js}` },
      footer: { js: '})' },
      external: ['./library-*'],
      plugins: [
        only(modulesOf(name)),
        unused,
        lateModules(
          'assert',
          'child_process',
          'net',
          ...(['fleet', 'admin'].includes(name) ? ['crypto', 'fs/promises'] : []),
        ),
        byRequire('libraries', libraries, fileOf),
        usedParts,
      ],
    })
    const bytes = readFileSync(join(temporary, `${name}.cjs`))
    // It is read a byte a character.
    if (bytes.some(byte => byte > 127)) throw new Error(`the bundle ${name} is not ASCII`)
    const hash = createHash('sha256').update(bytes).digest('hex')
    names[name] = `${name}-${hash.slice(0, 16)}.cjs`
    renameSync(join(temporary, `${name}.cjs`), join(temporary, names[name]))
  }
  await bundle({
    entryPoints: { 'claude-auth': 'src/program.ts' },
    outdir: temporary,
    define: {
      ...options.define,
      $bundles: JSON.stringify({ ...names, of: bundleOf }),
    },
    plugins: [lateModules('crypto', 'child_process')],
  })
  install()
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

/** What is loaded first, programs last; the files of the build before stay, for processes that are still running. */
function install() {
  mkdirSync(dist, { recursive: true })
  const previousMs = statSync(join(dist, '.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const built = readdirSync(temporary)
  const isLoaded = name => /^(?:library|main|engine|status|fleet|admin|help)-/.test(name)
  for (const name of [...built.filter(isLoaded), ...built.filter(name => !isLoaded(name))]) {
    renameSync(join(temporary, name), join(dist, name))
  }
  const isOld = name =>
    isAlone || name.startsWith('config-form-') || statSync(join(dist, name)).mtimeMs < previousMs
  for (const name of readdirSync(dist)) {
    if (!built.includes(name) && name !== '.built' && isOld(name))
      rmSync(join(dist, name), { force: true })
  }
  // What is bundled is for scripts/sbom.mjs. As of the start, so that a source saved during the build counts as newer.
  writeFileSync(join(dist, '.built'), `${[...packages].sort().join('\n')}\n`)
  utimesSync(join(dist, '.built'), startedAt, startedAt)
}
