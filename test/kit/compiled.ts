// A program of the tests as one file that plain Node runs, for tests that start it often.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Teardown } from './sandbox.js'

/** Bundles the source at this path; it is gone with the test. */
export async function compiled(t: Teardown, source: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-compiled-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'program.mjs')
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // The other form of jsonc-parser loads its parts at run time.
    mainFields: ['module', 'main'],
    banner: {
      js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  })
  return outfile
}
