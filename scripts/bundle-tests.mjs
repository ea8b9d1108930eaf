// Bundles test files, each into one module that plain Node runs: no loader compiles TypeScript anew in every process.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** What a module reads beside itself stands beside its source, not beside the bundle. */
const sourcePlaces = {
  name: 'source-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const [url, folder] = [pathToFileURL(path).href, dirname(path)].map(JSON.stringify)
      // On the first line, so that every line keeps its number.
      const places = `const $sourceUrl = ${url}, $sourceFolder = ${folder};`
      return { contents: `${places}${readFileSync(path, 'utf8')}`, loader: 'ts' }
    })
  },
}

/** Bundles `files` (relative to `root`) into `folder`; gives the bundle of each. Rejects where one can't be built. */
export async function bundleTests(root, files, folder) {
  const nameOf = file => createHash('sha256').update(file).digest('hex').slice(0, 16)
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(files.map(file => [nameOf(file), file])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    define: { 'import.meta.url': '$sourceUrl', 'import.meta.dirname': '$sourceFolder' },
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [sourcePlaces],
    logLevel: 'warning',
  })
  return new Map(files.map(file => [file, join(folder, `${nameOf(file)}.mjs`)]))
}
