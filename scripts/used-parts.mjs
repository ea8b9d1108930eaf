// Of each module of src/ esbuild takes what is used, and nothing where nothing is: none of them does anything when it is loaded.
// Of jsonc-parser it takes the reader, except for the module that edits.

import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src/')
const reader = join(root, 'node_modules/jsonc-parser/lib/esm/impl/parser.js')
const editing = join(source, 'doctor/fix.ts')

/** Behind the plugins that have something else to say of a module. */
export const usedParts = {
  name: 'used-parts',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, importer }) =>
      importer.startsWith(source)
        ? { path: resolve(dirname(importer), path.replace(/\.js$/, '.ts')), sideEffects: false }
        : undefined,
    )
    onResolve({ filter: /^jsonc-parser$/ }, ({ importer }) =>
      importer.startsWith(source) && importer !== editing ? { path: reader } : undefined,
    )
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }))
  },
}
