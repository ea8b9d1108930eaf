// Of each module of src/ esbuild takes what is used, and nothing where nothing is: none of them does anything when it is loaded.

import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src/')

/** Behind the plugins that have something else to say of a module. */
export const usedParts = {
  name: 'used-parts',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, importer }) =>
      importer.startsWith(source)
        ? { path: resolve(dirname(importer), path.replace(/\.js$/, '.ts')), sideEffects: false }
        : undefined,
    )
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }))
  },
}
