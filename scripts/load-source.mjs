// Loads a module of src/ into a script: bundled in memory, what it would load lazily left out.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { usedParts } from './used-parts.mjs'

const lazy = {
  name: 'lazy',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    )
  },
}

/** The exports of `path`, relative to the root of the project. */
export async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../${path}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    plugins: [lazy, usedParts],
  })
  const code = Buffer.from(outputFiles[0].contents).toString('base64')
  return import(`data:text/javascript;base64,${code}`)
}
